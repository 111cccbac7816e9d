# METADATA
# title: Session Manager logs every session, encrypted, to a destination in Japan
# description: >-
#   Whoever maintains the system from outside leaves a log of what was typed. Looked at are the preferences of
#   Session Manager, the document SSM-SessionManagerRunShell, in the account's own region and in each of the
#   allowed regions that has managed nodes; without the document nothing is logged. A log group lies in the
#   same region as the preferences. A bucket lies where its item says; one that AWS Config has not recorded
#   in this account has to be named in logBuckets by whoever made sure where it is. The content of port
#   forwarding and of SSH through Session Manager is never logged by AWS: forbid the documents
#   AWS-StartSSHSession and AWS-StartPortForwardingSession by IAM where that matters.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-logging.html
#   - https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-preferences-cli.html
# custom:
#   id: session-manager-logging
#   title_ja: Session Managerの操作記録が暗号化され国内に保存されている
#   severity: critical
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#   parameters:
#     type: object
#     properties:
#       allowedRegions:
#         type: array
#         items:
#           type: string
#           pattern: "^[a-z]{2}(-[a-z]+)+-[0-9]+$"
#         minItems: 1
#         default: [ap-northeast-1, ap-northeast-3]
#         description: Regions whose preferences are looked at, and where the logs may lie
#         description_ja: 設定を確認し、記録の保存を認めるリージョン
#       requireCloudWatch:
#         type: boolean
#         default: true
#         description: Whether sessions have to be logged to CloudWatch Logs; without it S3 is enough
#         description_ja: CloudWatch Logsへの出力を必須とするか(falseならS3のみでもよい)
#       requireS3:
#         type: boolean
#         default: false
#         description: Whether sessions have to be logged to S3 as well
#         description_ja: S3への出力を必須とするか
#       requireStreaming:
#         type: boolean
#         default: true
#         description: >-
#           Whether CloudWatch Logs gets the log while the session runs; otherwise it is lost when the node
#           goes away before the end
#         description_ja: セッション中の逐次出力(ストリーミング)を必須とするか
#       requireKmsKey:
#         type: boolean
#         default: true
#         description: Whether the session itself has to be encrypted with a KMS key
#         description_ja: セッション通信のKMS暗号化を必須とするか
#       maxIdleMinutes:
#         type: integer
#         minimum: 1
#         maximum: 60
#         default: 20
#         description: Minutes after which an idle session has to end; without a setting AWS ends it after 20
#         description_ja: 無操作でセッションを切断するまでの上限(分)。未設定の場合、AWSの既定は20分
#       maxSessionMinutes:
#         type: integer
#         minimum: 0
#         maximum: 1440
#         default: 0
#         description: Minutes after which every session has to end; 0 does not ask for a limit
#         description_ja: セッションの最長時間(分)。0なら判定しない
#       logBuckets:
#         type: array
#         items:
#           type: string
#         default: []
#         description: Names of buckets of other accounts whose region was confirmed
#         description_ja: 保存先リージョンを確認済みの他アカウントのバケット名
#   facts:
#     preferences:
#       provider: aws-api
#       service: ssm
#       action: GetDocument
#       parameters: {Name: SSM-SessionManagerRunShell, DocumentFormat: JSON}
#       regions: {parameter: allowedRegions}
#       tolerate: [InvalidDocument]
#     nodes:
#       provider: aws-api
#       service: ssm
#       action: DescribeInstanceInformation
#       regions: {parameter: allowedRegions}
#   inventory:
#     - AWS::S3::Bucket
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 10 遵守事項④
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 17 遵守事項①
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン 第6.0版 Q&A
#       edition: 令和5年5月
#       clause: シQ-23
#       confidence: H
#     - guideline: 医療機関におけるサイバーセキュリティ対策チェックリスト
#       edition: 令和5〜8年度
#       clause: リモートメンテナンス
#       confidence: H
#   remediation: >-
#     In each region named, set the inputs of the preferences (cloudWatchLogGroupName,
#     cloudWatchEncryptionEnabled, cloudWatchStreamingEnabled, kmsKeyId, idleSessionTimeout):
#     aws ssm update-document --region REGION --name SSM-SessionManagerRunShell
#     --content file://preferences.json --document-version '$LATEST'; where there is none yet
#     aws ssm create-document --region REGION --name SSM-SessionManagerRunShell
#     --content file://preferences.json --document-type Session --document-format JSON
#   remediation_ja: >-
#     該当リージョンでセッションの設定(cloudWatchLogGroupName、cloudWatchEncryptionEnabled、
#     cloudWatchStreamingEnabled、kmsKeyId、idleSessionTimeout)を変更する:
#     aws ssm update-document --region リージョン --name SSM-SessionManagerRunShell
#     --content file://preferences.json --document-version '$LATEST'。未作成なら
#     aws ssm create-document --region リージョン --name SSM-SessionManagerRunShell
#     --content file://preferences.json --document-type Session --document-format JSON
package sekisho_policies.session_manager_logging

import data.sekisho.decode

# What AWS does where idleSessionTimeout is not set.
default_idle_minutes := 20

home := object.get(input, "awsRegion", null)

populated := {object.get(answer, "region", null) |
	some answer in decode.list(data.facts.nodes)
	count(decode.list(object.get(answer, ["result", "InstanceInformationList"], null))) > 0
}

# Region to answer, where sessions can take place.
judged_regions[region] := answer if {
	some answer in decode.list(data.facts.preferences)
	region := object.get(answer, "region", null)
	in_use(region)
}

in_use(region) if region == home

in_use(region) if region in populated

# The inputs of the document, null where there is no document or none that can be read.
inputs(answer) := found if {
	found := object.get({"content": content(answer)}, ["content", "inputs"], null)
	is_object(found)
} else := null

content(answer) := decode.document(object.get(answer, ["result", "Content"], null))

settings[region] := found if {
	some region, answer in judged_regions
	found := inputs(answer)
	found != null
}

text(region, field) := trim_space(value) if {
	value := object.get(settings, [region, field], null)
	is_string(value)
} else := ""

minutes(region, field) := to_number(text(region, field)) if {
	regex.match(`^[0-9]+$`, text(region, field))
} else := object.get(settings, [region, field], null) if {
	is_number(object.get(settings, [region, field], null))
} else := null

on(region, field) if object.get(settings, [region, field], null) in {true, "true"}

log_group(region) := text(region, "cloudWatchLogGroupName")

bucket(region) := text(region, "s3BucketName")

bucket_regions(name) := {object.get(found, "awsRegion", null) |
	some found in object.get(data.inventory, "AWS::S3::Bucket", {})
	name in {object.get(found, "resourceId", null), object.get(found, "resourceName", null)}
}

idle(region) := default_idle_minutes if {
	object.get(settings, [region, "idleSessionTimeout"], null) in {null, ""}
} else := minutes(region, "idleSessionTimeout")

# ---- verdicts

deny contains {
	"msg": sprintf("Session Manager has no preferences in %s: sessions are not logged", [region]),
	"msg_ja": sprintf("Session Managerの設定がなく、操作が記録されません(%s)", [region]),
} if {
	some region, answer in judged_regions
	object.get(answer, "result", null) == null
}

deny contains {
	"msg": sprintf("the preferences of Session Manager in %s cannot be read", [region]),
	"msg_ja": sprintf("Session Managerの設定を読み取れません(%s)", [region]),
} if {
	some region, answer in judged_regions
	object.get(answer, "result", null) != null
	inputs(answer) == null
}

# The account's own region is where sessions are most likely: without it the answer says little.
deny contains {
	"msg": sprintf("the account's region %s is not among the allowed regions, its preferences were not looked at", [home]),
	"msg_ja": sprintf("評価リージョン%sがallowedRegionsに含まれず、設定を確認できません", [home]),
} if {
	not home in {object.get(answer, "region", null) | some answer in decode.list(data.facts.preferences)}
}

deny contains {
	"msg": sprintf("sessions are logged nowhere in %s", [region]),
	"msg_ja": sprintf("操作記録の出力先が設定されていません(%s)", [region]),
} if {
	some region, _ in settings
	log_group(region) == ""
	bucket(region) == ""
}

deny contains {
	"msg": sprintf("sessions are not logged to CloudWatch Logs in %s", [region]),
	"msg_ja": sprintf("操作記録がCloudWatch Logsに出力されていません(%s)", [region]),
} if {
	data.parameters.requireCloudWatch
	some region, _ in settings
	log_group(region) == ""
	bucket(region) != ""
}

deny contains {
	"msg": sprintf("sessions are not logged to S3 in %s", [region]),
	"msg_ja": sprintf("操作記録がS3に出力されていません(%s)", [region]),
} if {
	data.parameters.requireS3
	some region, _ in settings
	log_group(region) != ""
	bucket(region) == ""
}

deny contains {
	"msg": sprintf("the log group %s in %s may be unencrypted (cloudWatchEncryptionEnabled is off)", [name, region]),
	"msg_ja": sprintf("ロググループ%sの暗号化が強制されていません(%s)", [name, region]),
} if {
	some region, _ in settings
	name := log_group(region)
	name != ""
	not on(region, "cloudWatchEncryptionEnabled")
}

deny contains {
	"msg": sprintf("the bucket %s in %s may be unencrypted (s3EncryptionEnabled is off)", [name, region]),
	"msg_ja": sprintf("バケット%sの暗号化が強制されていません(%s)", [name, region]),
} if {
	some region, _ in settings
	name := bucket(region)
	name != ""
	not on(region, "s3EncryptionEnabled")
}

deny contains {
	"msg": sprintf("logs reach CloudWatch Logs only at the end of a session in %s (cloudWatchStreamingEnabled is off)", [region]),
	"msg_ja": sprintf("操作記録がセッション終了時にしか出力されません(%s)", [region]),
} if {
	data.parameters.requireStreaming
	some region, _ in settings
	log_group(region) != ""
	not on(region, "cloudWatchStreamingEnabled")
}

deny contains {
	"msg": sprintf("the bucket %s lies in %s", [name, place]),
	"msg_ja": sprintf("操作記録のバケット%sが国外リージョン%sにあります", [name, place]),
} if {
	some region, _ in settings
	name := bucket(region)
	some place in bucket_regions(name)
	not place in data.parameters.allowedRegions
}

deny contains {
	"msg": sprintf("where the bucket %s lies is unknown: it is not recorded in this account and not in logBuckets", [name]),
	"msg_ja": sprintf("バケット%sの所在を確認できません。確認のうえlogBucketsに指定してください", [name]),
} if {
	some region, _ in settings
	name := bucket(region)
	name != ""
	count(bucket_regions(name)) == 0
	not name in data.parameters.logBuckets
}

deny contains {
	"msg": sprintf("sessions are not encrypted with a KMS key in %s", [region]),
	"msg_ja": sprintf("セッションがKMSキーで暗号化されていません(%s)", [region]),
} if {
	data.parameters.requireKmsKey
	some region, _ in settings
	text(region, "kmsKeyId") == ""
}

deny contains {
	"msg": sprintf("idle sessions end after %v of the allowed %d minutes in %s", [idle(region), most, region]),
	"msg_ja": sprintf("無操作時の切断が%v分です(%s、上限: %d分)", [idle(region), region, most]),
} if {
	most := data.parameters.maxIdleMinutes
	some region, _ in settings
	idle(region) > most
}

deny contains {
	"msg": sprintf("the idle timeout in %s cannot be read", [region]),
	"msg_ja": sprintf("無操作時の切断時間を読み取れません(%s)", [region]),
} if {
	some region, _ in settings
	idle(region) == null
}

deny contains {
	"msg": sprintf("sessions have no maximum duration in %s", [region]),
	"msg_ja": sprintf("セッションの最長時間が設定されていません(%s)", [region]),
} if {
	data.parameters.maxSessionMinutes > 0
	some region, _ in settings
	minutes(region, "maxSessionDuration") == null
}

deny contains {
	"msg": sprintf("sessions may last %v of the allowed %d minutes in %s", [length, most, region]),
	"msg_ja": sprintf("セッションの最長時間が%v分です(%s、上限: %d分)", [length, region, most]),
} if {
	most := data.parameters.maxSessionMinutes
	most > 0
	some region, _ in settings
	length := minutes(region, "maxSessionDuration")
	length > most
}
