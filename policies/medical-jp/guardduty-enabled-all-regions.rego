# METADATA
# title: GuardDuty watches every region that is enabled in the account
# description: >-
#   Regions that nobody works in are asked too: that is where an attacker prefers to work. A region counts when it
#   has a detector, the detector is not suspended, and its findings are published often enough. A region that could
#   not be asked is not taken for one that is watched; one where GuardDuty does not exist has to be named in
#   excludedRegions.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_settingup.html
#   - https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetDetector.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/guardduty-enabled-centralized.html
# custom:
#   id: guardduty-enabled-all-regions
#   title_ja: 有効な全リージョンでGuardDutyが有効である
#   severity: high
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#   parameters:
#     type: object
#     properties:
#       maxPublishingFrequency:
#         type: string
#         enum: [FIFTEEN_MINUTES, ONE_HOUR, SIX_HOURS]
#         default: SIX_HOURS
#         description: The longest time between two publications of findings that recur
#         description_ja: 検出結果(再発分)の発行間隔の上限
#       excludedRegions:
#         type: array
#         items:
#           type: string
#           pattern: "^[a-z]{2}(-[a-z]+)+-[0-9]+$"
#         default: []
#         description: Regions that need no detector, for a reason that is written down elsewhere
#         description_ja: 検出器を不要とするリージョン(理由は別途文書化する)
#   facts:
#     detectors: {provider: aws-api, service: guardduty, action: ListDetectors, regions: enabled}
#     detector:
#       provider: aws-api
#       service: guardduty
#       action: GetDetector
#       for_each: {fact: detectors, items: DetectorIds, parameters: {DetectorId: "."}}
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "18"
#       confidence: CH
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 11 遵守事項①
#       confidence: H
#   remediation: >-
#     In each region named: aws guardduty create-detector --region REGION --enable; a suspended one:
#     aws guardduty update-detector --region REGION --detector-id ID --enable
#     --finding-publishing-frequency FIFTEEN_MINUTES. With AWS Organizations let the delegated administrator enable new
#     accounts and regions by itself (update-organization-configuration --auto-enable-organization-members ALL).
#   remediation_ja: >-
#     該当リージョンで有効化する: aws guardduty create-detector --region リージョン --enable。一時停止中なら
#     aws guardduty update-detector --region リージョン --detector-id 検出器ID --enable
#     --finding-publishing-frequency FIFTEEN_MINUTES。AWS Organizationsでは委任管理者で自動有効化
#     (update-organization-configuration --auto-enable-organization-members ALL)を設定する。
package sekisho_policies.guardduty_enabled_all_regions

import data.sekisho.decode
import data.sekisho.regional

# The limit to what is not rarer.
often_enough := {
	"FIFTEEN_MINUTES": {"FIFTEEN_MINUTES"},
	"ONE_HOUR": {"FIFTEEN_MINUTES", "ONE_HOUR"},
	"SIX_HOURS": {"FIFTEEN_MINUTES", "ONE_HOUR", "SIX_HOURS"},
}

asked := regional.asked(data.facts.detectors)

wanted := {region |
	some region in asked
	not region in data.parameters.excludedRegions
}

listed := {region: ids |
	some region, result in regional.results(data.facts.detectors)
	ids := decode.list(object.get(result, "DetectorIds", null))
}

# What GuardDuty says of the detectors of each wanted region.
answers := [answer |
	some answer in decode.list(data.facts.detector)
	object.get(answer, "region", null) in wanted
]

detector(answer) := object.get(answer, "result", {})

# ---- verdicts

deny contains {
	"msg": "no region could be asked for its detector",
	"msg_ja": "GuardDutyの状態を確認できるリージョンがありません",
} if {
	count(asked) == 0
}

deny contains {
	"msg": sprintf("the account's own region %v was not asked for its detector", [home]),
	"msg_ja": sprintf("評価リージョン%vのGuardDutyの状態を確認できません", [home]),
} if {
	count(asked) > 0
	home := object.get(input, "awsRegion", null)
	not home in asked
}

deny contains {
	"msg": sprintf("GuardDuty is not enabled in %s", [region]),
	"msg_ja": sprintf("GuardDutyが有効になっていません(%s)", [region]),
} if {
	some region in wanted
	object.get(listed, region, null) == []
}

deny contains {
	"msg": sprintf("whether GuardDuty is enabled in %s cannot be seen", [region]),
	"msg_ja": sprintf("GuardDutyの状態を確認できません(%s)", [region]),
} if {
	some region in wanted
	not region in object.keys(listed)
}

deny contains {
	"msg": sprintf("the detector of %s cannot be read", [region]),
	"msg_ja": sprintf("GuardDutyの検出器を確認できません(%s)", [region]),
} if {
	some region in wanted
	some id in object.get(listed, region, [])
	not id in {object.get(answer, "for", null) |
		some answer in answers
		answer.region == region
		object.get(answer, "result", null) != null
	}
}

deny contains {
	"msg": sprintf("the detector of %s is %v", [answer.region, status]),
	"msg_ja": sprintf("GuardDutyが停止しています(%s、状態: %v)", [answer.region, status]),
} if {
	some answer in answers
	object.get(answer, "result", null) != null
	status := object.get(detector(answer), "Status", "unknown")
	status != "ENABLED"
}

deny contains {
	"msg": sprintf("%s publishes findings too seldom (%v, at most %s)", [answer.region, frequency, longest]),
	"msg_ja": sprintf("検出結果の発行間隔が長すぎます(%s、現在: %v、上限: %s)", [answer.region, frequency, longest]),
} if {
	some answer in answers
	object.get(answer, "result", null) != null
	frequency := object.get(detector(answer), "FindingPublishingFrequency", "unknown")
	longest := data.parameters.maxPublishingFrequency
	not frequency in often_enough[longest]
}
