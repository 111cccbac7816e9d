# METADATA
# title: Every data store is encrypted, and the tagged ones with a customer managed key
# description: >-
#   Encryption at rest keeps data unreadable on a disk, a snapshot or a copy that leaves the account. Looked at is
#   what each item says of it. A DynamoDB table is always encrypted; without ssedescription it is with a key that
#   AWS owns. For resources with the tag cmkForTag the key has to be the customer's: with it, reading the data needs
#   a permission on the key as well, and every use of it is on record. Who manages a key is read from what AWS
#   Config has recorded of it; an alias that does not begin with alias/aws/ can only be of a customer's. The key of
#   another account is denied unless externalKeyAccounts names the account, where it is judged. Members of a
#   database cluster are NOT_APPLICABLE: the cluster is judged. S3 is judged by the default encryption of the bucket.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html
#   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
#   - https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/EncryptionAtRest.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/rds-storage-encrypted.html
# custom:
#   id: data-at-rest-encrypted
#   title_ja: 保存データが暗号化されている(医療情報はカスタマー管理キー)
#   severity: high
#   trigger: periodic
#   resource_types:
#     - AWS::DynamoDB::Table
#     - AWS::EC2::Volume
#     - AWS::EFS::FileSystem
#     - AWS::Elasticsearch::Domain
#     - AWS::OpenSearch::Domain
#     - AWS::RDS::DBCluster
#     - AWS::RDS::DBClusterSnapshot
#     - AWS::RDS::DBInstance
#     - AWS::RDS::DBSnapshot
#     - AWS::Redshift::Cluster
#     - AWS::Redshift::ClusterSnapshot
#     - AWS::S3::Bucket
#     - AWS::SNS::Topic
#   inventory:
#     - AWS::KMS::Key
#   parameters:
#     type: object
#     properties:
#       cmkForTag:
#         type: string
#         default: ""
#         description: Tag of the resources that need a customer managed key, as Key or Key=Value. Empty asks it of none
#         description_ja: カスタマー管理キーを必須とするリソースのタグ(キー、またはキー=値)。空なら必須としない
#       externalKeyAccounts:
#         type: array
#         items:
#           type: string
#           pattern: "^[0-9]{12}$"
#         default: []
#         description: Accounts whose keys may be used and are judged there
#         description_ja: キーの利用を認め、そこで判定する別アカウント
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "7"
#       confidence: CH
#     - guideline: 製造業者/サービス事業者による医療情報セキュリティ開示書
#       edition: 版未確認
#       clause: 持出時の暗号化
#       confidence: M
#     - guideline: 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン
#       edition: "1.1"
#       clause: 別紙2
#       confidence: CH
#   remediation: >-
#     Encrypt a copy and replace the original by it: aws ec2 copy-snapshot --encrypted --kms-key-id KEY,
#     aws rds copy-db-snapshot --kms-key-id KEY, a new EFS file system or search domain. In place:
#     aws s3api put-bucket-encryption, aws redshift modify-cluster --encrypted --kms-key-id KEY,
#     aws dynamodb update-table --table-name NAME --sse-specification Enabled=true,SSEType=KMS,KMSMasterKeyId=KEY,
#     aws sns set-topic-attributes --topic-arn ARN --attribute-name KmsMasterKeyId --attribute-value KEY
#   remediation_ja: >-
#     暗号化したコピーを作って置き換える: aws ec2 copy-snapshot --encrypted --kms-key-id キー、
#     aws rds copy-db-snapshot --kms-key-id キー。EFSとOpenSearchは作り直す。既存のまま変更できるもの:
#     aws s3api put-bucket-encryption、aws redshift modify-cluster --encrypted --kms-key-id キー、
#     aws dynamodb update-table --table-name テーブル名
#     --sse-specification Enabled=true,SSEType=KMS,KMSMasterKeyId=キー、
#     aws sns set-topic-attributes --topic-arn ARN --attribute-name KmsMasterKeyId --attribute-value キー
package sekisho_policies.data_at_rest_encrypted

import data.sekisho.data_stores
import data.sekisho.decode
import data.sekisho.tags

# Where an item says that it is encrypted, and with what key.
fields := {
	"AWS::EC2::Volume": {"encrypted": ["encrypted"], "key": ["kmsKeyId"]},
	"AWS::EFS::FileSystem": {"encrypted": ["Encrypted"], "key": ["KmsKeyId"]},
	"AWS::Elasticsearch::Domain": {
		"encrypted": ["encryptionAtRestOptions", "enabled"],
		"key": ["encryptionAtRestOptions", "kmsKeyId"],
	},
	"AWS::OpenSearch::Domain": {
		"encrypted": ["EncryptionAtRestOptions", "Enabled"],
		"key": ["EncryptionAtRestOptions", "KmsKeyId"],
	},
	"AWS::RDS::DBCluster": {"encrypted": ["storageEncrypted"], "key": ["kmsKeyId"]},
	"AWS::RDS::DBClusterSnapshot": {"encrypted": ["storageEncrypted"], "key": ["kmsKeyId"]},
	"AWS::RDS::DBInstance": {"encrypted": ["storageEncrypted"], "key": ["kmsKeyId"]},
	"AWS::RDS::DBSnapshot": {"encrypted": ["encrypted"], "key": ["kmsKeyId"]},
	"AWS::Redshift::Cluster": {"encrypted": ["encrypted"], "key": ["kmsKeyId"]},
	"AWS::Redshift::ClusterSnapshot": {"encrypted": ["encrypted"], "key": ["kmsKeyId"]},
}

resource_type := object.get(input, "resourceType", null)

configuration := object.get(input, "configuration", null)

read(path) := object.get({"c": configuration}, array.concat(["c"], path), null)

# The default encryption of a bucket; a bucket has one rule.
bucket_defaults := [applied |
	holder := decode.document(object.get(input, ["supplementaryConfiguration", "ServerSideEncryptionConfiguration"], null))
	some rule in decode.list(object.get({"h": holder}, ["h", "rules"], null))
	applied := object.get(rule, "applyServerSideEncryptionByDefault", null)
	is_object(applied)
]

bucket_algorithms := {object.get(applied, "sseAlgorithm", null) | some applied in bucket_defaults}

topic_key := read(["KmsMasterKeyId"])

# true, false, or null where the item does not say.
encrypted := read(path) if {
	path := fields[resource_type].encrypted
} else := true if {
	resource_type == "AWS::DynamoDB::Table"
	read(["tableName"]) != null
} else := topic_key != null if {
	resource_type == "AWS::SNS::Topic"
	read(["TopicArn"]) != null
} else := true if {
	count(bucket_algorithms) > 0
	count(bucket_algorithms - {"AES256", "aws:kms", "aws:kms:dsse"}) == 0
} else := null

# The keys in use; a key that AWS owns has no name.
keys contains key if {
	key := read(fields[resource_type].key)
	not key in {null, ""}
}

keys contains key if {
	resource_type == "AWS::DynamoDB::Table"
	key := read(["ssedescription", "kmsmasterKeyArn"])
	key != null
}

keys contains topic_key if resource_type == "AWS::SNS::Topic"

keys contains key if {
	some applied in bucket_defaults
	startswith(object.get(applied, "sseAlgorithm", ""), "aws:kms")
	key := object.get(applied, "kmsMasterKeyID", null)
	key != null
}

# Who manages a key: "CUSTOMER", "AWS", or null where that is not known.
manager(key) := "AWS" if {
	regex.match(`^(arn:.*:)?alias/aws/`, key)
} else := "CUSTOMER" if {
	regex.match(sprintf("^(arn:aws:kms:[a-z0-9-]+:%v:)?alias/", [object.get(input, "awsAccountId", "")]), key)
} else := recorded[0] if {
	recorded := [object.get(entry, "keyManager", null) |
		some _, item in object.get(data.inventory, "AWS::KMS::Key", {})
		entry := object.get(item, "configuration", null)
		is_object(entry)
		key in {object.get(entry, "arn", null), object.get(entry, "keyId", null)}
	]
	count(recorded) > 0
} else := "CUSTOMER" if {
	split(key, ":")[4] in data.parameters.externalKeyAccounts
} else := null

needs_cmk if {
	encrypted == true
	tags.matches(object.get(input, "tags", {}), data.parameters.cmkForTag)
}

not_applicable if data_stores.member_of_cluster(input)

deny contains {
	"msg": "it is not encrypted",
	"msg_ja": "暗号化されていません",
} if {
	encrypted == false
}

deny contains {
	"msg": "whether it is encrypted is not recorded",
	"msg_ja": "暗号化の状態が記録されていません",
} if {
	not is_boolean(encrypted)
}

deny contains {
	"msg": sprintf("it is tagged %s, but not encrypted with a customer managed key", [data.parameters.cmkForTag]),
	"msg_ja": sprintf("タグ%sのリソースですが、カスタマー管理キーで暗号化されていません", [data.parameters.cmkForTag]),
} if {
	needs_cmk
	count(keys) == 0
}

deny contains {
	"msg": sprintf("it is tagged %s, but its key is managed by AWS: %s", [data.parameters.cmkForTag, key]),
	"msg_ja": sprintf("タグ%sのリソースですが、キー%sはAWS管理キーです", [data.parameters.cmkForTag, key]),
} if {
	needs_cmk
	some key in keys
	manager(key) == "AWS"
}

deny contains {
	"msg": sprintf("who manages its key is not recorded here: %s", [key]),
	"msg_ja": sprintf("キー%sの記録がありません。別アカウントで判定している場合はexternalKeyAccountsに指定してください", [key]),
} if {
	needs_cmk
	some key in keys
	not manager(key) in {"AWS", "CUSTOMER"}
}
