# METADATA
# title: Buckets that receive audit logs are private, cannot be tampered with and keep them long enough
# description: >-
#   Judged are the buckets that receive the log files of CloudTrail, of AWS Config and of VPC flow logs, and
#   those that logBuckets names; other buckets get no verdict. Each has to block public access (settings of
#   the account count as well), to be versioned, and to keep operators from deleting: by Object Lock with a
#   default retention of minRetentionDays, by a bucket policy that denies deletion to everybody without a
#   condition, or by MFA delete. No enabled lifecycle rule may expire objects earlier, also when it covers
#   only a part of the bucket. A bucket of another account or region has no configuration item here: it is
#   denied on the account unless externalBuckets names it, and it is judged where it lies. The guidelines give no
#   number of days; the default is five years, as medical records are kept.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html
#   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
#   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
# custom:
#   id: audit-log-bucket-tamper-resistant
#   title_ja: 監査ログ保存バケットが改ざん・削除から保護され、保持期間を満たす
#   severity: critical
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#     - AWS::S3::Bucket
#   inventory:
#     - AWS::S3::Bucket
#     - AWS::S3::AccountPublicAccessBlock
#     - AWS::EC2::FlowLog
#   parameters:
#     type: object
#     properties:
#       minRetentionDays:
#         type: integer
#         minimum: 1
#         default: 1827
#         description: Days that the logs are kept, at least
#         description_ja: ログの最低保持日数(既定は診療録と同じ5年)
#       requireObjectLock:
#         type: boolean
#         default: false
#         description: Whether Object Lock in compliance mode is the only protection that counts
#         description_ja: オブジェクトロック(コンプライアンスモード)を必須とするか
#       minNoncurrentDays:
#         type: integer
#         minimum: 1
#         default: 35
#         description: Days that noncurrent versions are kept, at least
#         description_ja: 旧バージョンの最低保持日数
#       logBuckets:
#         type: array
#         items:
#           type: string
#         default: []
#         description: Further buckets of this account that receive audit logs
#         description_ja: 監査ログを保存するその他のバケット
#       externalBuckets:
#         type: array
#         items:
#           type: string
#         default: []
#         description: Log buckets of another account or region, judged there
#         description_ja: 別アカウント・別リージョンにあり、そこで判定するログバケット
#   facts:
#     trails: {provider: aws-api, service: cloudtrail, action: DescribeTrails, parameters: {includeShadowTrails: true}}
#     channels: {provider: aws-api, service: configservice, action: DescribeDeliveryChannels}
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 17 遵守事項②
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: 5 遵守事項②④
#       confidence: H
#   remediation: >-
#     Block public access and turn versioning on:
#     aws s3api put-public-access-block --bucket NAME --public-access-block-configuration
#     BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true;
#     aws s3api put-bucket-versioning --bucket NAME --versioning-configuration Status=Enabled; then lock it:
#     aws s3api put-object-lock-configuration --bucket NAME --object-lock-configuration
#     'ObjectLockEnabled=Enabled,Rule={DefaultRetention={Mode=COMPLIANCE,Days=1827}}', or deny
#     s3:DeleteObject and s3:DeleteObjectVersion to everybody in the bucket policy
#     (aws s3api put-bucket-policy); lengthen or remove lifecycle rules that expire earlier.
#   remediation_ja: >-
#     パブリックアクセスをブロックし、バージョニングを有効にする:
#     aws s3api put-public-access-block --bucket バケット名 --public-access-block-configuration
#     BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true、
#     aws s3api put-bucket-versioning --bucket バケット名 --versioning-configuration Status=Enabled。
#     削除を防ぐには、オブジェクトロックを設定する:
#     aws s3api put-object-lock-configuration --bucket バケット名 --object-lock-configuration
#     'ObjectLockEnabled=Enabled,Rule={DefaultRetention={Mode=COMPLIANCE,Days=1827}}'。または
#     バケットポリシーで全員のs3:DeleteObject・s3:DeleteObjectVersionを拒否する(aws s3api put-bucket-policy)。
#     保持期間より早く失効するライフサイクルルールは延長または削除する。
package sekisho_policies.audit_log_bucket_tamper_resistant

import data.sekisho.decode

settings := ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"]

buckets := data.inventory["AWS::S3::Bucket"]

# ---- which buckets receive audit logs, and from whom

receives[name] contains "CloudTrail" if {
	some trail in decode.list(object.get(data.facts.trails, "trailList", null))
	name := object.get(trail, "S3BucketName", null)
	is_string(name)
}

receives[name] contains "AWS Config" if {
	some channel in decode.list(object.get(data.facts.channels, "DeliveryChannels", null))
	name := object.get(channel, "s3BucketName", null)
	is_string(name)
}

receives[name] contains "VPC Flow Logs" if {
	some _, item in data.inventory["AWS::EC2::FlowLog"]
	object.get(item, ["configuration", "logDestinationType"], null) == "s3"
	destination := object.get(item, ["configuration", "logDestination"], null)
	is_string(destination)
	name := split(split(destination, ":::")[1], "/")[0]
}

receives[name] contains "logBuckets" if some name in data.parameters.logBuckets

# Not counted as it stands: without any element it is undefined in Sekisho.
receivers := {name | some name, _ in receives}

# The items of the buckets to judge, by name. A bucket's id is its name.
log_buckets[name] := buckets[name] if some name, _ in receives

# ---- public access

block(item) := object.get(item, ["supplementaryConfiguration", "PublicAccessBlockConfiguration"], null)

blocked(item, setting) if object.get({"b": block(item)}, ["b", setting], false) == true

blocked(_, setting) if {
	some _, account in data.inventory["AWS::S3::AccountPublicAccessBlock"]
	object.get(account, ["configuration", setting], false) == true
}

# ---- deletion

versioning(item) := object.get(
	item,
	["supplementaryConfiguration", "BucketVersioningConfiguration", "status"],
	"not recorded",
)

lock(item) := object.get(item, ["supplementaryConfiguration", "ObjectLockConfiguration"], null)

locked(item) if object.get({"l": lock(item)}, ["l", "objectLockEnabled"], null) == "Enabled"

retention(item, name) := object.get({"l": lock(item)}, ["l", "rule", "defaultRetention", name], null)

# Days for which a new object is locked; 0 where there is no default retention. A year counts 365 days, as
# S3 does.
lock_days(item) := max(array.concat([0], array.concat(
	[days | days := retention(item, "days"); is_number(days)],
	[days | years := retention(item, "years"); is_number(years); days := years * 365],
)))

protected(item, _) if {
	lock_suffices(item)
}

protected(item, name) if {
	not data.parameters.requireObjectLock
	denies_deletion(item, name)
}

protected(item, _) if {
	not data.parameters.requireObjectLock
	object.get(item, ["supplementaryConfiguration", "BucketVersioningConfiguration", "isMfaDeleteEnabled"], false) == true
}

lock_suffices(item) if {
	locked(item)
	lock_days(item) >= data.parameters.minRetentionDays
	retention(item, "mode") in lock_modes
}

# Governance mode can be lifted by whoever is allowed to.
lock_modes := {"COMPLIANCE"} if {
	data.parameters.requireObjectLock
} else := {"COMPLIANCE", "GOVERNANCE"}

denies_deletion(item, name) if {
	every action in ["s3:deleteobject", "s3:deleteobjectversion"] {
		some statement in decode.statements(object.get(item, ["supplementaryConfiguration", "BucketPolicy", "policyText"], null))
		denies(statement, action, name)
	}
}

denies(statement, action, name) if {
	object.get(statement, "Effect", null) == "Deny"
	count(object.get(statement, "Condition", {})) == 0
	everybody(object.get(statement, "Principal", null))
	some pattern in decode.list(object.get(statement, "Action", null))
	covers(pattern, action)
	some object_arn in decode.list(object.get(statement, "Resource", null))
	object_arn in {"*", "arn:aws:s3:::*", sprintf("arn:aws:s3:::%s/*", [name]), sprintf("arn:aws:s3:::%s*", [name])}
}

# "*" and "?" as IAM reads them.
covers(pattern, action) if {
	is_string(pattern)
	regex.match(`^[A-Za-z0-9:*?]+$`, pattern)
	expression := replace(replace(lower(pattern), "*", ".*"), "?", ".")
	regex.match(sprintf("^%s$", [expression]), action)
}

everybody(principal) if principal == "*"

everybody(principal) if {
	is_object(principal)
	"*" in decode.list(object.get(principal, "AWS", null))
}

# ---- retention

lifecycle(item) := object.get(item, ["supplementaryConfiguration", "BucketLifecycleConfiguration"], null)

# Unless it says that it is disabled, a rule is taken to work.
working_rules(item) := [entry |
	some entry in decode.list(object.get({"l": decode.document(lifecycle(item))}, ["l", "rules"], null))
	is_object(entry)
	object.get(entry, ["status"], null) != "Disabled"
]

rule_name(entry) := sprintf("\"%s\"", [object.get(entry, ["id"], null)]) if {
	is_string(object.get(entry, ["id"], null))
} else := "(no id)"

# AWS Config may write -1 where a rule says nothing.
expiry_days(entry) := min([days |
	days := object.get(entry, ["expirationInDays"], null)
	is_number(days)
	days > 0
])

noncurrent_days(entry) := min([days |
	some path in [["noncurrentVersionExpirationInDays"], ["noncurrentVersionExpiration", "noncurrentDays"]]
	days := object.get(entry, path, null)
	is_number(days)
	days > 0
])

readable(item) if lifecycle(item) == null

readable(item) if {
	document := decode.document(lifecycle(item))
	is_object(document)
	rules := object.get(document, "rules", null)
	every entry in decode.list(rules) {
		is_object(entry)
	}
}

# ---- what is wrong with each bucket

problem[name] contains {
	"msg": sprintf("public access is not blocked: %s", [concat(", ", missing)]),
	"msg_ja": sprintf("パブリックアクセスがブロックされていません: %s", [concat(", ", missing)]),
} if {
	some name, item in log_buckets
	missing := [setting | some setting in settings; not blocked(item, setting)]
	count(missing) > 0
}

problem[name] contains {
	"msg": sprintf("versioning is not on: %v", [status]),
	"msg_ja": sprintf("バージョニングが有効ではありません: %v", [status]),
} if {
	some name, item in log_buckets
	status := versioning(item)
	status != "Enabled"
}

problem[name] contains {
	"msg": "log files can be deleted: neither Object Lock, nor a policy that denies deletion, nor MFA delete",
	"msg_ja": "ログを削除できる状態です。オブジェクトロック、削除を拒否するバケットポリシー、MFA Deleteのいずれもありません",
} if {
	not data.parameters.requireObjectLock
	some name, item in log_buckets
	not locked(item)
	not protected(item, name)
}

problem[name] contains {
	"msg": "Object Lock is off",
	"msg_ja": "オブジェクトロックが無効です",
} if {
	data.parameters.requireObjectLock
	some name, item in log_buckets
	not locked(item)
}

problem[name] contains {
	"msg": sprintf("Object Lock keeps log files %d of the required %d days", [days, least]),
	"msg_ja": sprintf("オブジェクトロックの保持期間が%d日です(必要: %d日以上)", [days, least]),
} if {
	least := data.parameters.minRetentionDays
	some name, item in log_buckets
	locked(item)
	not protected(item, name)
	days := lock_days(item)
	days < least
}

problem[name] contains {
	"msg": sprintf("Object Lock is not in the required mode: %v", [mode]),
	"msg_ja": sprintf("オブジェクトロックのモードが要件を満たしません: %v", [mode]),
} if {
	some name, item in log_buckets
	locked(item)
	not protected(item, name)
	mode := retention(item, "mode")
	not mode in lock_modes
	lock_days(item) > 0
}

problem[name] contains {
	"msg": sprintf("lifecycle rule %s deletes log files after %v of the required %d days", [rule_name(entry), days, least]),
	"msg_ja": sprintf("ライフサイクルルール%sがログを%v日で削除します(必要: %d日以上)", [rule_name(entry), days, least]),
} if {
	least := data.parameters.minRetentionDays
	some name, item in log_buckets
	some entry in working_rules(item)
	days := expiry_days(entry)
	days < least
}

problem[name] contains {
	"msg": sprintf("lifecycle rule %s deletes log files on a date: %v", [rule_name(entry), date]),
	"msg_ja": sprintf("ライフサイクルルール%sが指定日にログを削除します: %v", [rule_name(entry), date]),
} if {
	some name, item in log_buckets
	some entry in working_rules(item)
	date := object.get(entry, ["expirationDate"], null)
	date != null
}

problem[name] contains {
	"msg": sprintf("lifecycle rule %s keeps noncurrent versions %v of the required %d days", [rule_name(entry), days, least]),
	"msg_ja": sprintf("ライフサイクルルール%sが旧バージョンを%v日で削除します(必要: %d日以上)", [rule_name(entry), days, least]),
} if {
	least := data.parameters.minNoncurrentDays
	some name, item in log_buckets
	not lock_suffices(item)
	some entry in working_rules(item)
	days := noncurrent_days(entry)
	days < least
}

problem[name] contains {
	"msg": "the lifecycle configuration cannot be read",
	"msg_ja": "ライフサイクル設定を読み取れません",
} if {
	some name, item in log_buckets
	not readable(item)
}

# ---- verdicts

resource(name) := {"resourceType": "AWS::S3::Bucket", "resourceId": name}

judged contains resource(name) if some name, _ in log_buckets

deny contains {"msg": reason.msg, "msg_ja": reason.msg_ja, "resource": resource(name)} if {
	some name, reasons in problem
	some reason in reasons
}

deny contains {
	"msg": "no bucket receives audit logs",
	"msg_ja": "監査ログを保存するバケットがありません",
} if {
	count(receivers) == 0
}

deny contains {
	"msg": sprintf("the log bucket %s (%s) is not recorded here; if it is judged in its own account, name it in externalBuckets", [name, concat(", ", sources)]),
	"msg_ja": sprintf("ログバケット%s(%s)の記録がありません。別アカウントで判定している場合はexternalBucketsに指定してください", [name, concat(", ", sources)]),
} if {
	some name, sources in receives
	not name in data.parameters.externalBuckets
	not log_buckets[name]
}
