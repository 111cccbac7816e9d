# METADATA
# title: S3 replicates only to buckets in Japan, of known accounts
# description: >-
#   Every rule of a bucket's replication that is not disabled has to lead into a bucket in an allowed region, owned by the
#   bucket's own account or by one of allowedAccounts. The ARN of a bucket names no region: it is looked up among the
#   account's own buckets, and for those of other accounts in bucketRegions. A destination whose region is not known is
#   denied. Objects that were copied before a rule was removed or disabled stay where they are and are not seen here.
#   The region only stands in for the reach of Japanese law.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html
#   - https://docs.aws.amazon.com/AmazonS3/latest/API/API_Destination.html
#   - https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
# custom:
#   id: residency-s3-replication
#   title_ja: S3レプリケーション先が国内かつ許可アカウントである
#   severity: critical
#   trigger: change
#   resource_types:
#     - AWS::S3::Bucket
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
#         description: Regions where destinations may lie
#         description_ja: レプリケーション先として許可するリージョン
#       allowedAccounts:
#         type: array
#         items:
#           type: string
#           pattern: "^[0-9]{12}$"
#         default: []
#         description: Accounts beside the bucket's own that may own a destination
#         description_ja: レプリケーション先として許可する他アカウントのID
#       bucketRegions:
#         type: array
#         items:
#           type: string
#           pattern: "^[a-z0-9][a-z0-9.-]+=[a-z]{2}(-[a-z]+)+-[0-9]+$"
#         default: []
#         description: Regions of the buckets of other accounts, as in archive-bucket=ap-northeast-3
#         description_ja: 他アカウントのバケットのリージョン。「archive-bucket=ap-northeast-3」のように書く
#   facts:
#     own_buckets:
#       provider: aws-api
#       service: s3
#       action: ListBuckets
#       parameters: {MaxBuckets: 1000}
#   guidelines:
#     - guideline: 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン
#       edition: "2.0"
#       clause: "6.1"
#       confidence: M
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: 7 遵守事項⑥
#       confidence: H
#   remediation: >-
#     Point the rule's Destination at a bucket in Tokyo or Osaka
#     (aws s3api put-bucket-replication --bucket BUCKET --replication-configuration file://replication.json) and delete
#     what was copied abroad; enter buckets of other accounts in bucketRegions and their owners in allowedAccounts.
#   remediation_ja: >-
#     ルールのDestinationを東京・大阪リージョンのバケットに変更し
#     (aws s3api put-bucket-replication --bucket バケット名 --replication-configuration file://replication.json)、
#     国外へ複製済みのオブジェクトを削除する。他アカウントのバケットはbucketRegions、その所有アカウントはallowedAccountsに指定する。
package sekisho_policies.residency_s3_replication

import data.sekisho.decode
import data.sekisho.places

replication := decode.document(object.get(input, ["supplementaryConfiguration", "BucketReplicationConfiguration"], null))

recorded if object.get(input, ["supplementaryConfiguration", "BucketReplicationConfiguration"], null) != null

# AWS Config keeps the rules as a map of their names.
rules := object.get(replication, "rules", null) if is_object(replication)

readable if is_object(rules)

readable if is_array(rules)

active contains entry if {
	readable
	some entry in rules
	lower(sprintf("%v", [object.get(entry, "status", "unknown")])) != "disabled"
}

destination(entry) := object.get(entry, ["destinationConfig", "bucketARN"], null)

owner(entry) := number if {
	some name in ["account", "Account"]
	number := object.get(entry, ["destinationConfig", name], null)
	number != null
}

# ---- where

given_regions := {name: region |
	some text in data.parameters.bucketRegions
	[name, region] := split(text, "=")
}

own_regions := places.bucket_regions(data.facts.own_buckets)

# What S3 says of the account's own buckets goes before what the parameter says of them.
region_of(bucket) := region if {
	region := own_regions[bucket]
} else := given_regions[bucket]

targets contains bucket if {
	some entry in active
	bucket := places.bucket(destination(entry))
}

# ---- verdicts

deny contains {
	"msg": sprintf("replicates to bucket %s in %s, outside the allowed regions", [bucket, region]),
	"msg_ja": sprintf("国外リージョン%sのバケット%sへレプリケートしています", [region, bucket]),
} if {
	some bucket in targets
	region := region_of(bucket)
	not region in data.parameters.allowedRegions
}

deny contains {
	"msg": sprintf("the region of the destination bucket %s is not known: name it in bucketRegions", [bucket]),
	"msg_ja": sprintf("レプリケーション先バケット%sのリージョンが不明です。bucketRegionsに指定してください", [bucket]),
} if {
	some bucket in targets
	not region_of(bucket)
}

deny contains {
	"msg": sprintf("replicates to bucket %s of account %v, which is not an allowed account", [bucket, number]),
	"msg_ja": sprintf("許可されていないアカウント%vのバケット%sへレプリケートしています", [number, bucket]),
} if {
	some entry in active
	bucket := places.bucket(destination(entry))
	number := owner(entry)
	not known(number)
}

# A rule need not name the owner; a bucket that is not the account's own has another.
deny contains {
	"msg": sprintf("replicates to bucket %s, whose owner the rule does not name: set Account in its Destination", [bucket]),
	"msg_ja": sprintf("レプリケーション先バケット%sの所有アカウントが不明です。DestinationにAccountを指定してください", [bucket]),
} if {
	some entry in active
	bucket := places.bucket(destination(entry))
	not owner(entry)
	not own_regions[bucket]
}

deny contains {
	"msg": "a rule of the replication names no destination bucket",
	"msg_ja": "レプリケーション先のバケットを読み取れません",
} if {
	some entry in active
	not places.bucket(destination(entry))
}

deny contains {
	"msg": "the rules of the replication are not recorded",
	"msg_ja": "レプリケーションのルールを読み取れません",
} if {
	recorded
	not readable
}

known(number) if number == input.awsAccountId

known(number) if number in data.parameters.allowedAccounts
