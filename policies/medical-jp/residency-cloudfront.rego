# METADATA
# title: CloudFront in front of medical data caches none of it abroad, serves Japan, logs to Japan and runs known code
# description: >-
#   The region of a distribution means nothing: its edges stand all over the world. So its settings are looked at: viewers
#   only from allowedCountries, no behaviour that caches (a cache policy among noCachePolicyIds, or a maximum TTL of 0),
#   standard logs into a bucket of an allowed region, origins and origin shield at AWS in an allowed region, functions of
#   the edge among knownFunctions, real-time logs among knownLogConfigs. Judged are the distributions tagged with phiTag,
#   all where it is empty. A disabled distribution serves nobody and is NOT_APPLICABLE. Requests are decrypted at an
#   edge, whatever is set: where that may not be abroad, do without CloudFront. Where an origin outside AWS stands and what
#   logging of version 2 delivers, the item does not say.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/georestrictions.html
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions.html
# custom:
#   id: residency-cloudfront
#   title_ja: CloudFront(グローバル)で医療情報を国外キャッシュしない
#   severity: high
#   trigger: change
#   resource_types:
#     - AWS::CloudFront::Distribution
#   parameters:
#     type: object
#     properties:
#       phiTag:
#         type: string
#         default: ""
#         description: >-
#           Tag of the distributions to judge, as Key or Key=Value; the others are NOT_APPLICABLE. Empty judges all
#         description_ja: 判定対象のディストリビューションに付けるタグ(キー、またはキー=値)。空ならすべて判定する
#       allowedRegions:
#         type: array
#         items:
#           type: string
#           pattern: "^[a-z]{2}(-[a-z]+)+-[0-9]+$"
#         minItems: 1
#         default: [ap-northeast-1, ap-northeast-3]
#         description: Regions of logs, origins and origin shield
#         description_ja: ログの保存先、オリジン、オリジンシールドを許可するリージョン
#       allowedCountries:
#         type: array
#         items:
#           type: string
#           pattern: "^[A-Z]{2}$"
#         minItems: 1
#         default: [JP]
#         description: Countries whose viewers may be served (ISO 3166-1)
#         description_ja: 配信を許可する国(ISO 3166-1の2文字コード)
#       noCachePolicyIds:
#         type: array
#         items:
#           type: string
#         default: [4135ea2d-6df8-44a3-9df3-4b5a84be39ad]
#         description: Cache policies that cache nothing; the default is AWS's Managed-CachingDisabled
#         description_ja: キャッシュしないキャッシュポリシーのID(既定値はManaged-CachingDisabled)
#       knownFunctions:
#         type: array
#         items:
#           type: string
#         default: []
#         description: ARNs of the functions that may run at the edge (Lambda@Edge, CloudFront Functions), * for any text
#         description_ja: エッジでの実行を許可する関数(Lambda@Edge、CloudFront Functions)のARN(*可)
#       knownLogConfigs:
#         type: array
#         items:
#           type: string
#         default: []
#         description: ARNs of configurations of real-time logs whose stream is known to lie in Japan
#         description_ja: 国内のストリームに送ることを確認済みのリアルタイムログ設定のARN
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
#       clause: 15 遵守事項④
#       confidence: H
#   remediation: >-
#     In each behaviour set the cache policy Managed-CachingDisabled, allow viewers from Japan only (GeoRestriction,
#     whitelist, JP), send logs to a bucket in Tokyo (aws cloudfront update-distribution --id ID
#     --distribution-config file://config.json --if-match ETAG); serve medical data without CloudFront where requests may not
#     be decrypted abroad.
#   remediation_ja: >-
#     各ビヘイビアのキャッシュポリシーをManaged-CachingDisabledにし、地理的制限で日本だけを許可し、ログは東京・大阪リージョンの
#     バケットへ送る(aws cloudfront update-distribution --id ID --distribution-config file://config.json --if-match ETag)。
#     国外での復号を許容できない場合は、CloudFrontを経由せずに配信する。
package sekisho_policies.residency_cloudfront

import data.sekisho.decode
import data.sekisho.places
import data.sekisho.tags
import data.sekisho.wildcard

setting(path) := object.get(input, array.concat(["configuration", "distributionConfig"], path), null)

not_applicable if setting(["enabled"]) == false

not_applicable if {
	data.parameters.phiTag != ""
	not tags.matches(object.get(input, "tags", {}), data.parameters.phiTag)
}

# ---- viewers

countries := decode.list(setting(["restrictions", "geoRestriction", "items"]))

restricted if {
	setting(["restrictions", "geoRestriction", "restrictionType"]) == "whitelist"
	count(countries) > 0
}

deny contains {
	"msg": "viewers of every country are served: geoRestriction is no whitelist",
	"msg_ja": "配信先の国が限定されていません。地理的制限を許可リストにしてください",
} if {
	not restricted
}

deny contains {
	"msg": sprintf("viewers in %s are served", [names]),
	"msg_ja": sprintf("許可されていない国へ配信しています: %s", [names]),
} if {
	restricted
	others := {country | some country in countries; not country in data.parameters.allowedCountries}
	count(others) > 0
	names := concat(", ", sort(others))
}

# ---- caches

behaviours := array.concat(
	[{"path": "*", "settings": setting(["defaultCacheBehavior"])}],
	[{"path": object.get(behaviour, "pathPattern", "?"), "settings": behaviour} |
		some behaviour in decode.list(setting(["cacheBehaviors", "items"]))
	],
)

of(behaviour, path) := object.get(behaviour, array.concat(["settings"], path), null)

caches_nothing(behaviour) if of(behaviour, ["cachePolicyId"]) in data.parameters.noCachePolicyIds

# The older settings: what CloudFront may keep for no time at all it asks for each time.
caches_nothing(behaviour) if {
	of(behaviour, ["cachePolicyId"]) in {null, ""}
	of(behaviour, ["maxTTL"]) == 0
}

deny contains {
	"msg": sprintf("%v is cached at edges abroad", [behaviour.path]),
	"msg_ja": sprintf("パス%vが国外のエッジにもキャッシュされます", [behaviour.path]),
} if {
	some behaviour in behaviours
	not caches_nothing(behaviour)
}

# ---- code of the edge

functions contains arn if {
	some behaviour in behaviours
	some [kind, member] in [["lambdaFunctionAssociations", "lambdaFunctionARN"], ["functionAssociations", "functionARN"]]
	some association in decode.list(of(behaviour, [kind, "items"]))
	arn := object.get(association, member, "unknown")
}

deny contains {
	"msg": sprintf("%v runs at the edge and is not a known function", [arn]),
	"msg_ja": sprintf("把握していない関数がエッジで実行されます: %v", [arn]),
} if {
	some arn in functions
	not known_function(arn)
}

known_function(arn) if {
	some pattern in data.parameters.knownFunctions
	wildcard.matches(pattern, arn)
}

# ---- logs

deny contains {
	"msg": sprintf("real-time logs go where %v sends them, which is not known", [arn]),
	"msg_ja": sprintf("リアルタイムログの送信先を確認できません: %v", [arn]),
} if {
	some behaviour in behaviours
	arn := of(behaviour, ["realtimeLogConfigArn"])
	not arn in {null, ""}
	not arn in data.parameters.knownLogConfigs
}

own_buckets := places.bucket_regions(data.facts.own_buckets)

# "charts-logs.s3.amazonaws.com"
log_bucket := regex.replace(name, `\.s3[.-].*$`, "") if {
	name := setting(["logging", "bucket"])
	is_string(name)
	setting(["logging", "enabled"]) == true
}

deny contains {
	"msg": sprintf("logs go to bucket %s in %s, outside the allowed regions", [log_bucket, region]),
	"msg_ja": sprintf("ログが国外リージョン%sのバケット%sに保存されます", [region, log_bucket]),
} if {
	region := own_buckets[log_bucket]
	not region in data.parameters.allowedRegions
}

deny contains {
	"msg": sprintf("logs go to bucket %s, which is not the account's own: its region is not known", [log_bucket]),
	"msg_ja": sprintf("ログの保存先バケット%sは自アカウントになく、リージョンを確認できません", [log_bucket]),
} if {
	not own_buckets[log_bucket]
}

# ---- origins

origins := decode.list(setting(["origins", "items"]))

origin_region(host) := region if {
	region := places.host_region(host)
} else := region if {
	regex.match(`\.s3\.amazonaws\.com$`, host)
	region := own_buckets[regex.replace(host, `\.s3\.amazonaws\.com$`, "")]
}

deny contains {
	"msg": sprintf("the origin %v lies in %s, outside the allowed regions", [host, region]),
	"msg_ja": sprintf("オリジン%vが国外リージョン%sにあります", [host, region]),
} if {
	some origin in origins
	host := object.get(origin, "domainName", null)
	region := origin_region(host)
	not region in data.parameters.allowedRegions
}

deny contains {
	"msg": sprintf("the origin shield of %v lies in %v, outside the allowed regions", [host, region]),
	"msg_ja": sprintf("オリジン%vのオリジンシールドが国外リージョン%vにあります", [host, region]),
} if {
	some origin in origins
	host := object.get(origin, "domainName", "unknown")
	object.get(origin, ["originShield", "enabled"], false) == true
	region := object.get(origin, ["originShield", "originShieldRegion"], "unknown")
	not region in data.parameters.allowedRegions
}

deny contains {
	"msg": "the origins are not recorded",
	"msg_ja": "オリジンが記録されていません",
} if {
	count(origins) == 0
}
