public import LabCore
public enum HTMLReport {
    public static func render(_ run: RunRecord) throws -> String { "" }
}
