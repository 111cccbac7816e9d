# METADATA
# title: S3 buckets deny access without TLS
# description: >-
#   S3 answers plain HTTP as well unless the bucket policy denies it. Looked at are the Deny statements for
#   everybody and every action whose only condition is aws:SecureTransport, and whether their resources cover
#   the bucket itself and its objects; one alone is not enough. Statements with further conditions, NotAction,
#   NotResource or NotPrincipal are not counted. S3's own endpoints no longer speak TLS below 1.2; where a
#   statement on s3:TlsVersion is wanted all the same, requireTls12 asks for it.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
#   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-ssl-requests-only.html
# custom:
#   id: s3-deny-insecure-transport
#   title_ja: S3への非TLS通信を拒否している
#   severity: medium
#   trigger: change
#   resource_types:
#     - AWS::S3::Bucket
#   parameters:
#     type: object
#     properties:
#       requireTls12:
#         type: boolean
#         default: false
#         description: Whether the policy has to deny TLS below 1.2 as well
#         description_ja: TLS 1.2未満の拒否(s3:TlsVersion)も必須とするか
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "13.3"
#       confidence: M
#   remediation: >-
#     Add to the bucket policy {"Effect":"Deny","Principal":"*","Action":"s3:*",
#     "Resource":["arn:aws:s3:::NAME","arn:aws:s3:::NAME/*"],
#     "Condition":{"Bool":{"aws:SecureTransport":"false"}}}:
#     aws s3api put-bucket-policy --bucket NAME --policy file://policy.json
#   remediation_ja: >-
#     バケットポリシーに{"Effect":"Deny","Principal":"*","Action":"s3:*",
#     "Resource":["arn:aws:s3:::バケット名","arn:aws:s3:::バケット名/*"],
#     "Condition":{"Bool":{"aws:SecureTransport":"false"}}}を追加する:
#     aws s3api put-bucket-policy --bucket バケット名 --policy file://policy.json
package sekisho_policies.s3_deny_insecure_transport

import data.sekisho.decode

policy_text := object.get(input, ["supplementaryConfiguration", "BucketPolicy", "policyText"], null)

bucket_arn := object.get(input, "ARN", null)

# A statement that denies everything to everybody; what is left is its condition.
denies_all(statement) if {
	object.get(statement, "Effect", null) == "Deny"
	"*" in everybody(object.get(statement, "Principal", null))
	some action in decode.list(object.get(statement, "Action", null))
	lower(action) in {"*", "s3:*"}
}

everybody(principal) := decode.list(principal) if not is_object(principal)

everybody(principal) := decode.list(object.get(principal, "AWS", null)) if is_object(principal)

# The only condition of a statement: operator, key and values; keys are not case sensitive.
only_condition(statement) := {"operator": trim_suffix(operator, "IfExists"), "key": lower(key), "values": values} if {
	conditions := object.get(statement, "Condition", null)
	is_object(conditions)
	count(conditions) == 1
	some operator, tested in conditions
	is_object(tested)
	count(tested) == 1
	some key, value in tested
	values := {sprintf("%v", [one]) | some one in decode.list(value)}
}

without_tls(statement) if {
	condition := only_condition(statement)
	condition.operator == "Bool"
	condition.key == "aws:securetransport"
	"false" in condition.values
}

below_tls12(statement) if {
	condition := only_condition(statement)
	condition.operator == "NumericLessThan"
	condition.key == "s3:tlsversion"
	some value in condition.values
	value in {"1.2", "1.3"}
}

of_bucket := {"*", "arn:aws:s3:::*", bucket_arn, sprintf("%v*", [bucket_arn])}

of_objects := {"*", "arn:aws:s3:::*", "arn:aws:s3:::*/*", sprintf("%v/*", [bucket_arn]), sprintf("%v*", [bucket_arn])}

# Resources that are denied without TLS, and with an old one.
denied := {resource |
	some statement in decode.statements(policy_text)
	denies_all(statement)
	without_tls(statement)
	some resource in decode.list(object.get(statement, "Resource", null))
}

denied_old := {resource |
	some statement in decode.statements(policy_text)
	denies_all(statement)
	below_tls12(statement)
	some resource in decode.list(object.get(statement, "Resource", null))
}

# Whether it is denied for the bucket, and for its objects.
on_bucket(resources) if {
	some resource in resources
	resource in of_bucket
}

on_objects(resources) if {
	some resource in resources
	resource in of_objects
}

bucket_is_safe if on_bucket(denied)

objects_are_safe if on_objects(denied)

covers_all(resources) if {
	on_bucket(resources)
	on_objects(resources)
}

deny contains {
	"msg": "the bucket policy cannot be read",
	"msg_ja": "バケットポリシーを読み取れません",
} if {
	policy_text != null
	decode.document(policy_text) == null
}

deny contains {
	"msg": "access without TLS is not denied",
	"msg_ja": "TLSを使わないアクセスが拒否されていません",
} if {
	not bucket_is_safe
	not objects_are_safe
}

deny contains {
	"msg": "access without TLS is denied for the bucket, but not for its objects",
	"msg_ja": "オブジェクトへのTLSを使わないアクセスが拒否されていません",
} if {
	bucket_is_safe
	not objects_are_safe
}

deny contains {
	"msg": "access without TLS is denied for the objects, but not for the bucket",
	"msg_ja": "バケット自体へのTLSを使わないアクセスが拒否されていません",
} if {
	objects_are_safe
	not bucket_is_safe
}

deny contains {
	"msg": "TLS below 1.2 is not denied for the bucket and its objects",
	"msg_ja": "TLS 1.2未満のアクセスが拒否されていません",
} if {
	data.parameters.requireTls12
	not covers_all(denied_old)
}
