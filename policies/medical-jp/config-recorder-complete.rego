# METADATA
# title: AWS Config records every resource type in every enabled region and delivers
# description: >-
#   What is not recorded is seen by no rule, and a pack that sees nothing finds nothing. Looked at, in each
#   region that is enabled in the account, are the customer managed recorder (on, without failure, no
#   resource type left out, continuous and not daily), the delivery channel (there, without failure) and how
#   long the history is kept; the IAM types have to be recorded in the home region. With requiredTypes only
#   those types have to be recorded. Without a retention configuration AWS Config keeps 2557 days. A region
#   whose settings could not be read is denied. Whether the bucket keeps the files is judged by
#   audit-log-bucket-tamper-resistant.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/config/latest/developerguide/select-resources.html
#   - https://docs.aws.amazon.com/config/latest/APIReference/API_RecordingGroup.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/delete-config-data-with-retention-period.html
# custom:
#   id: config-recorder-complete
#   title_ja: AWS Configの記録が全種別・全リージョンで継続し、履歴が保存されている
#   severity: critical
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#   parameters:
#     type: object
#     properties:
#       homeRegion:
#         type: string
#         pattern: "^[a-z]{2}(-[a-z]+)+-[0-9]+$"
#         default: ap-northeast-1
#         description: Region where the IAM types are recorded; it can not be exempt
#         description_ja: IAMを記録するリージョン(除外できない)
#       requiredTypes:
#         type: array
#         items:
#           type: string
#         default: []
#         description: Resource types that have to be recorded; empty means all that AWS Config supports
#         description_ja: 記録を必須とするリソースタイプ。空なら全種別
#       exemptTypes:
#         type: array
#         items:
#           type: string
#         default: []
#         description: Resource types that may be left out or recorded daily, such as AWS::Config::ResourceCompliance
#         description_ja: 記録しない、または日次記録でもよいリソースタイプ(AWS::Config::ResourceComplianceなど)
#       exemptRegions:
#         type: array
#         items:
#           type: string
#         default: []
#         description: Enabled regions where AWS Config need not record, because nothing can be created there
#         description_ja: SCP等で利用を禁止しており、記録を求めないリージョン
#       minHistoryDays:
#         type: integer
#         minimum: 30
#         maximum: 2557
#         default: 1827
#         description: Days that AWS Config keeps the history, at least; the default is five years
#         description_ja: 設定履歴の最低保持日数(既定は5年)
#   facts:
#     recorders:
#       provider: aws-api
#       service: configservice
#       action: DescribeConfigurationRecorders
#       regions: enabled
#       tolerate: [AccessDeniedException]
#     recorder_status:
#       provider: aws-api
#       service: configservice
#       action: DescribeConfigurationRecorderStatus
#       regions: enabled
#       tolerate: [AccessDeniedException]
#     channel_status:
#       provider: aws-api
#       service: configservice
#       action: DescribeDeliveryChannelStatus
#       regions: enabled
#       tolerate: [AccessDeniedException]
#     retention:
#       provider: aws-api
#       service: configservice
#       action: DescribeRetentionConfigurations
#       regions: enabled
#       tolerate: [AccessDeniedException]
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: 5 遵守事項①②
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 2 遵守事項②
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "9.1"
#       confidence: M
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: "9"
#       confidence: CH
#   remediation: >-
#     In each region named, record everything and start:
#     aws configservice put-configuration-recorder --region REGION
#     --configuration-recorder name=default,roleARN=ROLE
#     --recording-group allSupported=true,includeGlobalResourceTypes=false
#     (true in the home region); aws configservice put-delivery-channel --region REGION
#     --delivery-channel name=default,s3BucketName=BUCKET;
#     aws configservice start-configuration-recorder --region REGION --configuration-recorder-name default;
#     for the history aws configservice put-retention-configuration --region REGION
#     --retention-period-in-days 2557
#   remediation_ja: >-
#     該当リージョンで全種別を記録し、レコーダーを開始する:
#     aws configservice put-configuration-recorder --region リージョン
#     --configuration-recorder name=default,roleARN=ロールARN
#     --recording-group allSupported=true,includeGlobalResourceTypes=false(ホームリージョンはtrue)、
#     aws configservice put-delivery-channel --region リージョン
#     --delivery-channel name=default,s3BucketName=バケット名、
#     aws configservice start-configuration-recorder --region リージョン --configuration-recorder-name default。
#     履歴の保持期間は
#     aws configservice put-retention-configuration --region リージョン --retention-period-in-days 2557
package sekisho_policies.config_recorder_complete

import data.sekisho.decode
import data.sekisho.regional

# Recorded in one region for all.
global_types := {"AWS::IAM::Group", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::IAM::User"}

# What AWS Config keeps where no retention configuration is set: seven years.
default_history_days := 2557

home := data.parameters.homeRegion

asked := regional.asked(data.facts.recorders)

regions := (asked - {region | some region in data.parameters.exemptRegions}) | {home}

unseen := regions & ((regional.refused(data.facts.recorders) | regional.refused(data.facts.recorder_status)) |
	(regional.refused(data.facts.channel_status) | regional.refused(data.facts.retention)))

# ---- the recorder

# Service-linked recorders record for their service alone.
of_customer(entries) := [entry |
	some entry in decode.list(entries)
	object.get(entry, "servicePrincipal", null) in {null, ""}
]

recorders[region] := entry if {
	some region, result in regional.results(data.facts.recorders)
	region in regions
	entry := of_customer(object.get(result, "ConfigurationRecorders", null))[0]
}

states[region] := entry if {
	some region, result in regional.results(data.facts.recorder_status)
	entry := of_customer(object.get(result, "ConfigurationRecordersStatus", null))[0]
}

absent := {region |
	some region, _ in regional.results(data.facts.recorders)
	region in regions
	not recorders[region]
}

stopped := {region |
	some region, _ in recorders
	not region in unseen
	object.get(states, [region, "recording"], false) != true
}

failing[code] contains region if {
	some region, _ in recorders
	state := object.get(states, region, {})
	object.get(state, "recording", false) == true
	not upper(object.get(state, "lastStatus", "unknown")) in {"SUCCESS", "PENDING"}
	code := object.get(state, "lastErrorCode", "unknown")
}

# ---- what it records

group(recorder, path) := object.get(recorder, array.concat(["recordingGroup"], path), null)

types_of(recorder, path) := {name | some name in decode.list(group(recorder, path))}

records(recorder, name) if {
	group(recorder, ["allSupported"]) == true
	not name in global_types
}

records(recorder, name) if {
	group(recorder, ["allSupported"]) == true
	group(recorder, ["includeGlobalResourceTypes"]) == true
	name in global_types
}

# includeGlobalResourceTypes says nothing here.
records(recorder, name) if {
	excluding(recorder)
	not name in types_of(recorder, ["exclusionByResourceTypes", "resourceTypes"])
}

records(recorder, name) if {
	not excluding(recorder)
	name in types_of(recorder, ["resourceTypes"])
}

excluding(recorder) if {
	group(recorder, ["recordingStrategy", "useOnly"]) == "EXCLUSION_BY_RESOURCE_TYPES"
}

required := {name | some name in data.parameters.requiredTypes} - exempt

exempt := {name | some name in data.parameters.exemptTypes}

default everything := false

everything if count(data.parameters.requiredTypes) == 0

# Types that a region need not record itself.
elsewhere(region) := set() if {
	region == home
} else := global_types

left_out[names] contains region if {
	some region, recorder in recorders
	missing := missing_types(region, recorder)
	count(missing) > 0
	names := concat(", ", missing)
}

missing_types(region, recorder) := {name |
	not everything
	some name in required - elsewhere(region)
	not records(recorder, name)
} | {name |
	everything
	some name in unrecorded(recorder) - (exempt | elsewhere(region))
}

# Of all types, as far as they can be told.
unrecorded(recorder) := {name | some name in global_types; not records(recorder, name)} | {name |
	excluding(recorder)
	some name in types_of(recorder, ["exclusionByResourceTypes", "resourceTypes"])
}

# A list of types: what is not in it is not recorded, new types among it.
listed := {region |
	everything
	some region, recorder in recorders
	group(recorder, ["allSupported"]) != true
	not excluding(recorder)
}

# ---- how often

mode(recorder) := object.get(recorder, ["recordingMode", "recordingFrequency"], "CONTINUOUS")

overrides(recorder, name) := [object.get(entry, "recordingFrequency", "unknown") |
	some entry in decode.list(object.get(recorder, ["recordingMode", "recordingModeOverrides"], null))
	name in decode.list(object.get(entry, "resourceTypes", null))
]

frequency(recorder, name) := overrides(recorder, name)[0] if {
	count(overrides(recorder, name)) > 0
} else := mode(recorder)

overridden(recorder) := {name |
	some entry in decode.list(object.get(recorder, ["recordingMode", "recordingModeOverrides"], null))
	some name in decode.list(object.get(entry, "resourceTypes", null))
}

daily_by_default := {region |
	everything
	some region, recorder in recorders
	mode(recorder) != "CONTINUOUS"
}

daily[names] contains region if {
	some region, recorder in recorders
	slow := {name |
		some name in candidates(recorder) - exempt
		frequency(recorder, name) != "CONTINUOUS"
	}
	count(slow) > 0
	names := concat(", ", slow)
}

candidates(recorder) := overridden(recorder) if {
	everything
} else := required

# ---- delivery and history

channels[region] := decode.list(object.get(result, "DeliveryChannelsStatus", null)) if {
	some region, result in regional.results(data.facts.channel_status)
	region in regions
}

without_channel := {region | some region, entries in channels; count(entries) == 0}

undelivered[problem] contains region if {
	some region, entries in channels
	some entry in entries
	some kind in ["configHistoryDeliveryInfo", "configSnapshotDeliveryInfo", "configStreamDeliveryInfo"]
	status := object.get(entry, [kind, "lastStatus"], null)
	status != null
	not upper(status) in {"SUCCESS", "NOT_APPLICABLE"}
	code := object.get(entry, [kind, "lastErrorCode"], status)
	problem := sprintf("%s: %s", [kind, code])
}

history_days[region] := min(array.concat([default_history_days], [days |
	some entry in decode.list(object.get(result, "RetentionConfigurations", null))
	days := object.get(entry, "RetentionPeriodInDays", 0)
])) if {
	some region, result in regional.results(data.facts.retention)
	region in regions
}

short[days] contains region if {
	some region, days in history_days
	days < data.parameters.minHistoryDays
}

# ---- verdicts

deny contains {
	"msg": sprintf("the home region %s was not asked: it is not enabled in this account", [home]),
	"msg_ja": sprintf("ホームリージョン%sを確認できません。このアカウントで有効になっていません", [home]),
} if {
	not home in asked
}

deny contains {
	"msg": sprintf("AWS Config could not be seen (access denied) in %s", [names]),
	"msg_ja": sprintf("AWS Configの設定を参照できません(アクセス拒否): %s", [names]),
} if {
	count(unseen) > 0
	names := concat(", ", unseen)
}

deny contains {
	"msg": sprintf("AWS Config has no recorder in %s", [names]),
	"msg_ja": sprintf("AWS Configのレコーダーがありません: %s", [names]),
} if {
	count(absent) > 0
	names := concat(", ", absent)
}

deny contains {
	"msg": sprintf("AWS Config's recorder is stopped in %s", [names]),
	"msg_ja": sprintf("AWS Configの記録が停止しています: %s", [names]),
} if {
	count(stopped) > 0
	names := concat(", ", stopped)
}

deny contains {
	"msg": sprintf("recording fails (%s) in %s", [code, concat(", ", names)]),
	"msg_ja": sprintf("AWS Configの記録に失敗しています(%s): %s", [code, concat(", ", names)]),
} if {
	some code, names in failing
}

deny contains {
	"msg": sprintf("only listed resource types are recorded in %s", [names]),
	"msg_ja": sprintf("一部のリソースタイプしか記録していません: %s", [names]),
} if {
	count(listed) > 0
	names := concat(", ", listed)
}

deny contains {
	"msg": sprintf("not recorded in %s: %s", [concat(", ", names), types]),
	"msg_ja": sprintf("記録対象外のリソースタイプがあります(%s): %s", [types, concat(", ", names)]),
} if {
	some types, names in left_out
}

deny contains {
	"msg": sprintf("recorded once a day instead of continuously in %s", [names]),
	"msg_ja": sprintf("継続的な記録ではなく日次記録になっています: %s", [names]),
} if {
	count(daily_by_default) > 0
	names := concat(", ", daily_by_default)
}

deny contains {
	"msg": sprintf("recorded once a day instead of continuously in %s: %s", [concat(", ", names), types]),
	"msg_ja": sprintf("日次記録のリソースタイプがあります(%s): %s", [types, concat(", ", names)]),
} if {
	some types, names in daily
}

deny contains {
	"msg": sprintf("AWS Config has no delivery channel in %s", [names]),
	"msg_ja": sprintf("AWS Configの配信チャネルがありません: %s", [names]),
} if {
	count(without_channel) > 0
	names := concat(", ", without_channel)
}

deny contains {
	"msg": sprintf("delivery fails (%s) in %s", [problem, concat(", ", names)]),
	"msg_ja": sprintf("AWS Configの配信に失敗しています(%s): %s", [problem, concat(", ", names)]),
} if {
	some problem, names in undelivered
}

deny contains {
	"msg": sprintf("the history is kept %d of the required %d days in %s", [days, least, concat(", ", names)]),
	"msg_ja": sprintf("設定履歴の保持期間が%d日です(必要: %d日以上): %s", [days, least, concat(", ", names)]),
} if {
	least := data.parameters.minHistoryDays
	some days, names in short
}
