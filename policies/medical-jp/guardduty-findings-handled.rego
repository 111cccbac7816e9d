# METADATA
# title: Findings of GuardDuty are handled in time
# description: >-
#   A finding is handled when it is archived, by a person or by a suppression rule. What stays open longer than its
#   severity allows is named, with the day on which it was found, in Japan time; that it was seen again since does not
#   put the day off. Findings below medium (severity under 4) are not looked at. Every region that is enabled is asked.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html
#   - https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetFindings.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/guardduty-non-archived-findings.html
# custom:
#   id: guardduty-findings-handled
#   title_ja: GuardDutyの重大な検出結果が期限内に対応されている
#   severity: high
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#   parameters:
#     type: object
#     properties:
#       highDays:
#         type: integer
#         minimum: 0
#         maximum: 365
#         default: 1
#         description: Days for findings of high and critical severity (7 and more)
#         description_ja: 重要度「高」「重大」(7以上)の対応期限(日)
#       mediumDays:
#         type: integer
#         minimum: 0
#         maximum: 365
#         default: 7
#         description: Days for findings of medium severity (4 and more)
#         description_ja: 重要度「中」(4以上)の対応期限(日)
#   facts:
#     detectors: {provider: aws-api, service: guardduty, action: ListDetectors, regions: enabled}
#     open_findings:
#       provider: aws-api
#       service: guardduty
#       action: ListFindings
#       parameters:
#         FindingCriteria:
#           Criterion:
#             service.archived: {Equals: ["false"]}
#             severity: {GreaterThanOrEqual: 4}
#       for_each: {fact: detectors, items: DetectorIds, parameters: {DetectorId: "."}}
#     findings:
#       provider: aws-api
#       service: guardduty
#       action: GetFindings
#       for_each: {fact: open_findings, items: FindingIds, parameters: {DetectorId: "..", FindingIds: "[.]"}}
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "18"
#       confidence: CH
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: "12"
#       confidence: CH
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: "11"
#       confidence: CH
#   remediation: >-
#     Look into the finding: aws guardduty get-findings --region REGION --detector-id ID --finding-ids FINDING. When it
#     is dealt with, write down how and archive it:
#     aws guardduty archive-findings --region REGION --detector-id ID --finding-ids FINDING
#   remediation_ja: >-
#     検出結果を調査する: aws guardduty get-findings --region リージョン --detector-id 検出器ID --finding-ids 検出結果ID。
#     対応後、内容を記録してアーカイブする:
#     aws guardduty archive-findings --region リージョン --detector-id 検出器ID --finding-ids 検出結果ID
package sekisho_policies.guardduty_findings_handled

import data.sekisho.deadline
import data.sekisho.decode
import data.sekisho.regional

today := deadline.day_of(time.parse_rfc3339_ns(data.facts.now))

findings := [{"region": object.get(answer, "region", "unknown"), "finding": finding} |
	some answer in decode.list(data.facts.findings)
	some finding in decode.list(object.get(answer, ["result", "Findings"], null))
	object.get(finding, ["Service", "Archived"], false) != true
]

severity(finding) := object.get(finding, "Severity", null)

# A finding without a severity is taken for the worst.
allowed(finding) := data.parameters.mediumDays if {
	is_number(severity(finding))
	severity(finding) < 7
} else := data.parameters.highDays

created(finding) := object.get(finding, "CreatedAt", null)

# Null where it is not a time.
age(finding) := today - deadline.day_of(time.parse_rfc3339_ns(created(finding))) if {
	is_string(created(finding))
	regex.match(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z$`, created(finding))
} else := null

named(one) := sprintf("%v (%v, %s)", [object.get(one.finding, "Type", "unknown"), object.get(one.finding, "Id", "unknown"), one.region])

# ---- verdicts

deny contains {
	"msg": sprintf("finding %s is open for %d days, %d are allowed", [named(one), days, limit]),
	"msg_ja": sprintf("検出結果%sが%d日間未対応です(期限: %d日)", [named(one), days, limit]),
} if {
	some one in findings
	days := age(one.finding)
	days != null
	limit := allowed(one.finding)
	days > limit
}

deny contains {
	"msg": sprintf("since when finding %s is open cannot be told", [named(one)]),
	"msg_ja": sprintf("検出結果%sの検出日時を確認できません", [named(one)]),
} if {
	some one in findings
	age(one.finding) == null
}

deny contains {
	"msg": sprintf("%s has no detector of GuardDuty: nothing is found there", [home]),
	"msg_ja": sprintf("GuardDutyの検出器がなく、検出結果を確認できません(%s)", [home]),
} if {
	home := sprintf("%v", [object.get(input, "awsRegion", null)])
	answer := object.get(regional.results(data.facts.detectors), home, {})
	count(decode.list(object.get(answer, "DetectorIds", null))) == 0
}

deny contains {
	"msg": sprintf("the findings of %s cannot be read", [region]),
	"msg_ja": sprintf("GuardDutyの検出結果を確認できません(%s)", [region]),
} if {
	some region in unread
}

unread contains region if some region in regional.refused(data.facts.detectors)

unread contains region if {
	some region, answer in regional.results(data.facts.detectors)
	some id in decode.list(object.get(answer, "DetectorIds", null))
	not [region, id] in listed
}

unread contains region if some region in regional.refused(data.facts.findings)

# Each id that was listed brings one finding.
unread contains region if {
	some region, answer in numbered
	answer.listed > answer.read
}

listed contains [answer.region, answer["for"]] if {
	some answer in decode.list(data.facts.open_findings)
	is_array(object.get(answer, ["result", "FindingIds"], null))
}

numbered[region] := {"listed": ids, "read": read} if {
	some [region, _] in listed
	ids := count([id |
		some answer in decode.list(data.facts.open_findings)
		answer.region == region
		some id in decode.list(object.get(answer, ["result", "FindingIds"], null))
	])
	read := count([finding |
		some answer in decode.list(data.facts.findings)
		object.get(answer, "region", null) == region
		some finding in decode.list(object.get(answer, ["result", "Findings"], null))
	])
}
