import LabCore
import LabRunner
import Testing

@Suite("Where a run comes from")
struct OriginTests {
    @Test(
        "branch and commit are the lab's own variables, else GitHub's, else GitLab's; a pull request's branch is the one offered",
        arguments: [
            ([:], nil, nil),
            (["GITHUB_REF_NAME": "main", "GITHUB_SHA": "aa"], "main", "aa"),
            (["GITHUB_HEAD_REF": "feature", "GITHUB_REF_NAME": "7/merge", "GITHUB_SHA": "bb"], "feature", "bb"),
            // GitHub sets it to nothing outside of pull requests.
            (["GITHUB_HEAD_REF": "", "GITHUB_REF_NAME": "main"], "main", nil),
            (["CI_COMMIT_REF_NAME": "topic", "CI_COMMIT_SHA": "cc"], "topic", "cc"),
            (["LAB_BRANCH": "mine", "GITHUB_HEAD_REF": "feature", "CI_COMMIT_REF_NAME": "topic"], "mine", nil),
            (["LAB_COMMIT": "dd", "GITHUB_SHA": "aa", "GITHUB_REF_NAME": "main"], "main", "dd"),
            (["LAB_BRANCH": "", "LAB_COMMIT": ""], nil, nil),
        ] as [([String: String], String?, String?)])
    func environment(variables: [String: String], branch: String?, commit: String?) {
        let origin = OriginRecord(environment: variables)
        #expect(origin?.branch == branch && origin?.commit == commit)
        #expect((origin == nil) == (branch == nil && commit == nil))
    }
}
