# METADATA
# title: No data store is reachable from the internet
# description: >-
#   A database or bucket that the internet reaches is one wrong password or policy away from everybody. Looked at
#   are publiclyAccessible of RDS and Redshift, whether an OpenSearch or Elasticsearch domain is in a VPC, and the
#   four settings of S3's public access block: for each bucket, what its own block or the account's turns on, as S3
#   adds them up. All four are wanted, because the access control lists of objects are not in the item. Where they
#   are off, the bucket's list and policy are read as well and what they open is named. An instance of an Aurora,
#   DocumentDB or Neptune cluster is judged itself. The account's block is NOT_APPLICABLE where
#   allowedPublicBuckets names buckets, since it would close them.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
#   - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html
#   - https://docs.aws.amazon.com/opensearch-service/latest/developerguide/vpc.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-level-public-access-prohibited.html
# custom:
#   id: no-public-data-store
#   title_ja: データストアがインターネットに公開されていない
#   severity: critical
#   trigger: periodic
#   resource_types:
#     - AWS::Elasticsearch::Domain
#     - AWS::OpenSearch::Domain
#     - AWS::RDS::DBCluster
#     - AWS::RDS::DBInstance
#     - AWS::Redshift::Cluster
#     - AWS::S3::AccountPublicAccessBlock
#     - AWS::S3::Bucket
#   inventory:
#     - AWS::S3::AccountPublicAccessBlock
#   parameters:
#     type: object
#     properties:
#       allowedPublicBuckets:
#         type: array
#         items:
#           type: string
#         default: []
#         description: Names of buckets that are public on purpose; they are NOT_APPLICABLE
#         description_ja: 意図して公開しているバケットの名前(判定対象外)
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 13 遵守事項②
#       confidence: M
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "18"
#       confidence: CH
#   remediation: >-
#     Block public access: aws s3control put-public-access-block --account-id ACCOUNT
#     --public-access-block-configuration
#     BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
#     (one bucket: aws s3api put-public-access-block --bucket NAME); aws rds modify-db-instance
#     --db-instance-identifier NAME --no-publicly-accessible; aws redshift modify-cluster
#     --cluster-identifier NAME --no-publicly-accessible. A search domain has to be created anew in a VPC
#   remediation_ja: >-
#     パブリックアクセスをブロックする: aws s3control put-public-access-block --account-id アカウントID
#     --public-access-block-configuration
#     BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
#     (バケット単位は aws s3api put-public-access-block --bucket バケット名)。
#     RDSは aws rds modify-db-instance --db-instance-identifier インスタンス名 --no-publicly-accessible、
#     Redshiftは aws redshift modify-cluster --cluster-identifier クラスター名 --no-publicly-accessible。
#     OpenSearchのドメインはVPC内に作り直す
package sekisho_policies.no_public_data_store

import data.sekisho.decode

resource_type := object.get(input, "resourceType", null)

account := object.get(input, "awsAccountId", null)

bucket_name := object.get(input, "resourceName", null)

# ---- databases

# A cluster that has instances of its own is reached by them alone.
has_instances if {
	some prefix in ["aurora", "docdb", "neptune"]
	startswith(object.get(input, ["configuration", "engine"], ""), prefix)
}

with_flag := {"AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::Redshift::Cluster"}

public_flag := object.get(input, ["configuration", "publiclyAccessible"], null)

# ---- search domains

subnets := object.get(input, ["configuration", "VPCOptions", "SubnetIds"], null) if {
	resource_type == "AWS::OpenSearch::Domain"
} else := object.get(input, ["configuration", "vpcoptions", "subnetIds"], null)

# ---- S3

settings := ["blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets"]

of_account := object.get(data.inventory, ["AWS::S3::AccountPublicAccessBlock", account, "configuration"], null)

own := decode.document(object.get(input, ["supplementaryConfiguration", "PublicAccessBlockConfiguration"], null))

# The settings that a block turns on.
turned_on(block) := {setting |
	is_object(block)
	some setting in settings
	object.get(block, setting, null) == true
}

# The account's own block is judged by itself, and a bucket that leaves nothing open needs no other.
on := turned_on(object.get(input, "configuration", null)) if {
	resource_type == "AWS::S3::AccountPublicAccessBlock"
} else := turned_on(own) if {
	count(turned_on(own)) == count(settings)
} else := turned_on(own) | turned_on(of_account)

off := [setting | some setting in settings; not setting in on]

is_s3 if resource_type in {"AWS::S3::Bucket", "AWS::S3::AccountPublicAccessBlock"}

everybody := {
	"AllUsers",
	"AuthenticatedUsers",
	"http://acs.amazonaws.com/groups/global/AllUsers",
	"http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
}

access_list := decode.document(object.get(input, ["supplementaryConfiguration", "AccessControlList"], null))

# A group is its name alone or, as the API spells it, its address.
public_grants := {sprintf("%v: %v", [group, object.get(grant, "permission", "unknown")]) |
	some grant in decode.list(object.get({"acl": access_list}, ["acl", "grantList"], null))
	some name in names(object.get(grant, "grantee", null))
	name in everybody
	group := regex.replace(name, `^.*/`, "")
}

names(grantee) := {grantee} if is_string(grantee)

names(grantee) := {name | some name in [object.get(grantee, "identifier", null), object.get(grantee, "uri", null)]} if {
	is_object(grantee)
}

# What the policy allows everybody; a condition may narrow it again.
public_actions := {action |
	policy := object.get(input, ["supplementaryConfiguration", "BucketPolicy", "policyText"], null)
	some statement in decode.statements(policy)
	object.get(statement, "Effect", null) == "Allow"
	"*" in principals(object.get(statement, "Principal", null))
	not narrowed(statement)
	some action in decode.list(object.get(statement, "Action", "NotAction"))
}

principals(principal) := decode.list(principal) if not is_object(principal)

principals(principal) := decode.list(object.get(principal, "AWS", null)) if is_object(principal)

narrowed(statement) if count(object.get(statement, "Condition", {})) > 0

# ---- verdicts

not_applicable if {
	resource_type == "AWS::RDS::DBCluster"
	has_instances
}

not_applicable if {
	resource_type == "AWS::S3::Bucket"
	bucket_name in data.parameters.allowedPublicBuckets
}

not_applicable if {
	resource_type == "AWS::S3::AccountPublicAccessBlock"
	count(data.parameters.allowedPublicBuckets) > 0
}

deny contains {
	"msg": "it is publicly accessible",
	"msg_ja": "パブリックアクセスが可能な設定です",
} if {
	resource_type in with_flag
	public_flag == true
}

deny contains {
	"msg": "whether it is publicly accessible is not recorded",
	"msg_ja": "パブリックアクセスの設定が記録されていません",
} if {
	resource_type in with_flag
	not is_boolean(public_flag)
}

deny contains {
	"msg": "the domain is not in a VPC",
	"msg_ja": "ドメインがVPC内にありません",
} if {
	resource_type in {"AWS::Elasticsearch::Domain", "AWS::OpenSearch::Domain"}
	count(decode.list(subnets)) == 0
}

deny contains {
	"msg": sprintf("the public access block is not complete: %s off", [concat(", ", off)]),
	"msg_ja": sprintf("パブリックアクセスブロックが有効ではありません: %s", [concat(", ", off)]),
} if {
	is_s3
	count(off) > 0
}

deny contains {
	"msg": sprintf("the access control list lets everybody in (%s)", [concat(", ", public_grants)]),
	"msg_ja": sprintf("ACLで全員にアクセスを許可しています(%s)", [concat(", ", public_grants)]),
} if {
	is_s3
	not "ignorePublicAcls" in on
	count(public_grants) > 0
}

deny contains {
	"msg": sprintf("the bucket policy lets everybody in (%s)", [concat(", ", public_actions)]),
	"msg_ja": sprintf("バケットポリシーで全員にアクセスを許可しています(%s)", [concat(", ", public_actions)]),
} if {
	is_s3
	not "restrictPublicBuckets" in on
	count(public_actions) > 0
}
