public import LabCore

extension OriginRecord {
    /// What the environment says: `LAB_BRANCH` and `LAB_COMMIT`, or the variables of GitHub Actions and GitLab CI.
    ///
    /// A pull request of GitHub's runs on a merge of its own; the branch is the one that was offered.
    ///
    /// - Returns: nil where neither is known.
    public init?(environment: [String: String]) {
        func first(_ names: String...) -> String? { names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty } }
        let branch = first("LAB_BRANCH", "GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME")
        let commit = first("LAB_COMMIT", "GITHUB_SHA", "CI_COMMIT_SHA")
        guard branch != nil || commit != nil else { return nil }
        self.init(branch: branch, commit: commit)
    }
}
