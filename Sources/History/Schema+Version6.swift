extension Schema {
    /// What a trend needs of a run beside its values, close together: a run's row is as large as its record, and a trend of
    /// 20 series looks at 2,000 of them.
    static let version6 = """
        CREATE INDEX runs_engines ON runs (id, engine);
        CREATE INDEX run_artifacts_files ON run_artifacts (run_id, position, sha256);
        """
}
