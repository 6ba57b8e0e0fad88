extension Schema {
    /// What each run calls its artifacts: the same bytes may have another model's name or another recipe in another run.
    static let version4 = """
        ALTER TABLE run_artifacts ADD COLUMN model TEXT NOT NULL DEFAULT '';
        ALTER TABLE run_artifacts ADD COLUMN recipe TEXT NOT NULL DEFAULT '';
        UPDATE run_artifacts
            SET model = ifnull(json_extract(listed.value, '$.model'), ''),
                recipe = ifnull(json_extract(listed.value, '$.recipe'), '')
            FROM runs, json_each(CASE WHEN json_valid(record) THEN record ELSE '{}' END, '$.artifacts') AS listed
            WHERE runs.id = run_artifacts.run_id AND listed.key = run_artifacts.position;
        ALTER TABLE artifacts DROP COLUMN model;
        ALTER TABLE artifacts DROP COLUMN recipe;
        """
}
