/// Characters that only one of the two ways of writing Chinese has.
///
/// Frequent ones, enough for any sentence of some length; a sentence that has none of either is the same in both.
enum ChineseCharacters {
    private static let pairs = """
        这這个個们們来來时時会會说說对對为為国國学學过過发發后後经經开開见見长長问問样樣现現动動实實进進两兩头頭还還没沒\
        种種间間点點话話让讓给給从從当當与與关關无無门門东東车車书書马馬鱼魚鸟鳥龙龍电電气氣华華语語汉漢读讀写寫听聽买買\
        卖賣钱錢银銀铁鐵错錯红紅绿綠蓝藍黄黃颜顏类類题題应應该該认認识識谁誰请請谢謝许許记記论論证證试試设設计計数數据據\
        报報场場声聲处處备備体體爱愛亲親离離难難边邊远遠运運连連选選适適陆陸阳陽阴陰阶階际際队隊飞飛饭飯饮飲馆館笔筆简簡\
        结結统統线線级級约約纸紙组組终終绝絕续續维維总總营營员員图圖圆圓团團区區医醫协協单單历歷厅廳县縣参參双雙变變号號\
        叶葉吗嗎吨噸听聽响響园園坏壞块塊坚堅墙牆壮壯声聲复復够夠夹夾妈媽婴嬰宁寧宝寶宽寬宾賓导導寿壽将將尔爾层層岁歲岛島\
        币幣师師帮幫带帶库庫庆慶床牀张張弹彈归歸忆憶怀懷态態惊驚惯慣战戰户戶扫掃扬揚护護担擔择擇挥揮损損换換掉掉
        """.filter { !$0.isWhitespace }

    /// Simplified and traditional ones; a character that is in both lists tells nothing.
    private static let sets: (simplified: Set<Character>, traditional: Set<Character>) = {
        let characters = Array(pairs)
        let simplified = Set(stride(from: 0, to: characters.count - 1, by: 2).map { characters[$0] })
        let traditional = Set(stride(from: 1, to: characters.count, by: 2).map { characters[$0] })
        return (simplified.subtracting(traditional), traditional.subtracting(simplified))
    }()

    /// Whether a text has characters that only the other way of writing has, and none that only its own has.
    static func isOnlyOther(_ text: String, isTraditionalAsked: Bool) -> Bool {
        let own = isTraditionalAsked ? sets.traditional : sets.simplified
        let other = isTraditionalAsked ? sets.simplified : sets.traditional
        return text.contains(where: other.contains) && !text.contains(where: own.contains)
    }
}
