import LabCore

/// A unit that stands after a number, or a currency that may stand before it.
struct MeasureUnit: Hashable, Sendable {
    /// What it measures: "length", "mass", "time", "volume", or the currency itself.
    let dimension: String
    /// How many of the dimension's base unit (metre, gram, second, litre) it is.
    let factor: ExactNumber

    /// The unit that a text begins with: a whole word, or in scripts without word boundaries its first letters.
    ///
    /// - Returns: nil for a word that is no unit of the table, and for a compound ("km/h", "m²").
    static func leading(_ scalars: ArraySlice<Unicode.Scalar>) -> MeasureUnit? {
        guard let first = scalars.first else { return nil }
        if let currency = byName[String(first)], !first.properties.isAlphabetic { return currency }
        if WritingScript(of: first)?.isWithoutWordBoundaries == true {
            let text = scalars.prefix(longestName)
            for length in stride(from: text.count, to: 0, by: -1) {
                var name = String.UnicodeScalarView()
                name.append(contentsOf: text.prefix(length))
                if let unit = byName[String(name)] { return unit }
            }
            return nil
        }
        var name = String.UnicodeScalarView()
        name.append(contentsOf: scalars.prefix { $0.properties.isAlphabetic })
        let rest = scalars.dropFirst(name.count)
        if let next = rest.first, next == "/" || next == "²" || next == "³" || next == "^" { return nil }
        let word = String(name)
        if let unit = byName[word] ?? byName[word.lowercased()] { return unit }
        return stems.first { word.lowercased().hasPrefix($0.stem) }?.unit
    }

    private static let longestName = 6

    // Names by unit: symbols, then words of English, German, Spanish, French, Russian, Chinese and Japanese. A word that
    // ends in "*" stands for all that begin so.
    private static let table: [(dimension: String, numerator: Int, denominator: Int, names: String)] = [
        ("length", 1, 1000, "mm millimet* millimèt* milímet* миллиметр* 毫米 ミリ"),
        ("length", 1, 100, "cm centimet* centimèt* centímet* zentimet* сантиметр* см 厘米 センチ"),
        ("length", 1, 1, "m meter* metre metres mètre* metro metros метр* м 米 メートル"),
        ("length", 1000, 1, "km kilomet* kilomèt* kilómet* километр* км 公里 千米 キロメートル"),
        ("length", 254, 10_000, "inch inches zoll pulgada* pouce* дюйм* 英寸 インチ"),
        ("length", 3048, 10_000, "ft foot feet fuß pie pies pied pieds фут* 英尺 フィート"),
        ("length", 9144, 10_000, "yd yard yards ярд* 码 ヤード"),
        ("length", 1_609_344, 1000, "mi mile miles meile* milla* mille* миль мили* 英里 マイル"),
        ("mass", 1, 1000, "mg milligram* miligram* миллиграмм* 毫克 ミリグラム"),
        ("mass", 1, 1, "g gram grams gramm gramo* gramme* грамм* г 克 グラム"),
        ("mass", 1000, 1, "kg kilo kilos kilogram* килограмм* кг 公斤 千克 キログラム"),
        ("mass", 1_000_000, 1, "t ton tons tonne* tonelada* тонн* 吨 トン"),
        ("mass", 45_359_237, 100_000, "lb lbs pound pounds libra* livre* фунт* 磅 ポンド"),
        ("time", 1, 1, "s sec secs second seconds sekunde* segundo* seconde* секунд* сек 秒 秒钟"),
        ("time", 60, 1, "min mins minute* minuto* минут* мин 分钟 分 分間"),
        ("time", 3600, 1, "h hr hrs hour hours stunde* hora horas heure* час часа часов ч 小时 時間"),
        ("time", 86_400, 1, "d day days tag tage tagen día días dia dias jour jours день дня дней 天 日"),
        ("time", 604_800, 1, "week weeks woche* semana* semaine* недел* 周 星期 週間"),
        ("volume", 1, 1000, "ml millilit* mililit* миллилитр* мл 毫升 ミリリットル"),
        ("volume", 1, 1, "l liter* litre* litro* литр* л 升 リットル"),
        ("$", 1, 1, "$ USD dollar* dólar* доллар* 美元 ドル"),
        ("€", 1, 1, "€ EUR euro euros евро 欧元 ユーロ"),
        ("£", 1, 1, "£ GBP"),
        ("¥", 1, 1, "JPY yen 円 日元"),
        ("yuan", 1, 1, "CNY yuan 元 人民币"),
        ("ruble", 1, 1, "₽ RUB rubel рубл* рубль"),
    ]

    private static let entries: [(name: String, unit: MeasureUnit)] = table.flatMap { row in
        (ExactNumber(row.numerator) / ExactNumber(row.denominator)).map { factor in
            row.names.split(separator: " ").map { (String($0), MeasureUnit(dimension: row.dimension, factor: factor)) }
        } ?? []
    }
    private static let byName = Dictionary(entries.filter { !$0.name.hasSuffix("*") }) { first, _ in first }
    private static let stems: [(stem: String, unit: MeasureUnit)] = entries.filter { $0.name.hasSuffix("*") }
        .map { (String($0.name.dropLast()), $0.unit) }
}
