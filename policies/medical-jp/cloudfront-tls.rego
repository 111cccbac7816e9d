# METADATA
# title: Viewers and origins speak to CloudFront over modern TLS only
# description: >-
#   Between the viewer and CloudFront as well as between CloudFront and the origin everything is encrypted, with
#   TLS 1.2 at least. Looked at are the security policy of the viewer certificate, the viewer protocol policy of
#   every cache behaviour, and the protocols towards custom origins. With CloudFront's own certificate TLS 1.0
#   cannot be switched off. An S3 origin is asked over the viewer's protocol. How a VPC origin is reached does
#   not stand in the item: it has to be named in confirmedOrigins. A disabled distribution is NOT_APPLICABLE.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-cloudfront-to-custom-origin.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/cloudfront-viewer-policy-https.html
# custom:
#   id: cloudfront-tls
#   title_ja: CloudFrontとビューワー・オリジンの間の通信がTLSで保護されている
#   severity: high
#   trigger: change
#   resource_types:
#     - AWS::CloudFront::Distribution
#   parameters:
#     type: object
#     properties:
#       minVersions:
#         type: array
#         items:
#           type: string
#         minItems: 1
#         default: [TLSv1.2_2021, TLSv1.2_2025, TLSv1.3_2025]
#         description: Security policies that are strong enough
#         description_ja: 使用を認めるセキュリティポリシー
#       originProtocols:
#         type: array
#         items:
#           type: string
#         minItems: 1
#         default: [TLSv1.2, TLSv1.3]
#         description: TLS versions that CloudFront may speak to a custom origin
#         description_ja: オリジンとの通信で使用を認めるTLSバージョン
#       confirmedOrigins:
#         type: array
#         items:
#           type: string
#         default: []
#         description: Ids of VPC origins whose connection was confirmed
#         description_ja: 暗号化を確認済みのVPCオリジンのオリジンID
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "13.3"
#       confidence: M
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "13"
#       confidence: CH
#   remediation: >-
#     Set ViewerCertificate.MinimumProtocolVersion to TLSv1.2_2021 with a certificate of your own,
#     ViewerProtocolPolicy to redirect-to-https, and of each custom origin OriginProtocolPolicy to https-only and
#     OriginSslProtocols to TLSv1.2: aws cloudfront update-distribution --id ID --if-match ETAG
#     --distribution-config file://distribution.json
#   remediation_ja: >-
#     独自証明書を設定してViewerCertificate.MinimumProtocolVersionをTLSv1.2_2021に、ViewerProtocolPolicyを
#     redirect-to-httpsにする。カスタムオリジンはOriginProtocolPolicyをhttps-only、OriginSslProtocolsを
#     TLSv1.2にする: aws cloudfront update-distribution --id ID --if-match ETag
#     --distribution-config file://distribution.json
package sekisho_policies.cloudfront_tls

import data.sekisho.decode

config := object.get(input, ["configuration", "distributionConfig"], null)

setting(path) := object.get({"config": config}, array.concat(["config"], path), null)

min_version := setting(["viewerCertificate", "minimumProtocolVersion"])

own_certificate := setting(["viewerCertificate", "cloudFrontDefaultCertificate"]) != true

# Every behaviour by the path that it stands for.
behaviours := array.concat(
	[{"path": "*", "policy": setting(["defaultCacheBehavior", "viewerProtocolPolicy"])}],
	[{"path": path, "policy": policy} |
		some behaviour in decode.list(setting(["cacheBehaviors", "items"]))
		path := object.get(behaviour, "pathPattern", "?")
		policy := object.get(behaviour, "viewerProtocolPolicy", null)
	],
)

unencrypted := [behaviour |
	some behaviour in behaviours
	not behaviour.policy in {"redirect-to-https", "https-only"}
]

origins := setting(["origins", "items"])

custom_origins := [{"id": object.get(origin, "id", "?"), "config": origin.customOriginConfig} |
	some origin in decode.list(origins)
	is_object(object.get(origin, "customOriginConfig", null))
]

# Neither custom nor S3: reached in a way that the item does not say.
other_origins := {object.get(origin, "id", "?") |
	some origin in decode.list(origins)
	not is_object(object.get(origin, "customOriginConfig", null))
	not is_object(object.get(origin, "s3OriginConfig", null))
}

# match-viewer asks the origin in clear only where a viewer may come in clear.
encrypts(policy) if policy == "https-only"

encrypts(policy) if {
	policy == "match-viewer"
	count(unencrypted) == 0
}

not_applicable if setting(["enabled"]) == false

deny contains {
	"msg": "CloudFront's own certificate lets viewers speak TLS 1.0",
	"msg_ja": "CloudFrontの既定証明書のため、TLS 1.0を無効にできません",
} if {
	not own_certificate
}

deny contains {
	"msg": sprintf("the security policy %v is not strong enough", [min_version]),
	"msg_ja": sprintf("セキュリティポリシー%vは基準を満たしていません", [min_version]),
} if {
	own_certificate
	not min_version in data.parameters.minVersions
}

deny contains {
	"msg": sprintf("viewers of %s may come without TLS (viewerProtocolPolicy %v)", [behaviour.path, behaviour.policy]),
	"msg_ja": sprintf("パス%sでHTTP接続が許可されています(viewerProtocolPolicy: %v)", [behaviour.path, behaviour.policy]),
} if {
	some behaviour in unencrypted
}

deny contains {
	"msg": "the origins are not recorded",
	"msg_ja": "オリジンが記録されていません",
} if {
	count(decode.list(origins)) == 0
}

deny contains {
	"msg": sprintf("the origin %s is asked without TLS (originProtocolPolicy %v)", [origin.id, policy]),
	"msg_ja": sprintf("オリジン%sとの通信が暗号化されていません(originProtocolPolicy: %v)", [origin.id, policy]),
} if {
	some origin in custom_origins
	policy := object.get(origin.config, "originProtocolPolicy", null)
	not encrypts(policy)
}

deny contains {
	"msg": sprintf("the origin %s is asked over %s", [origin.id, concat(", ", old)]),
	"msg_ja": sprintf("オリジン%sとの通信で%sが有効です", [origin.id, concat(", ", old)]),
} if {
	some origin in custom_origins
	object.get(origin.config, "originProtocolPolicy", null) != "http-only"
	versions := decode.list(object.get(origin.config, ["originSslProtocols", "items"], null))
	old := [version | some version in versions; not version in data.parameters.originProtocols]
	count(old) > 0
}

deny contains {
	"msg": sprintf("the TLS versions towards the origin %s are not recorded", [origin.id]),
	"msg_ja": sprintf("オリジン%sとのTLSバージョンが記録されていません", [origin.id]),
} if {
	some origin in custom_origins
	object.get(origin.config, "originProtocolPolicy", null) != "http-only"
	count(decode.list(object.get(origin.config, ["originSslProtocols", "items"], null))) == 0
}

deny contains {
	"msg": sprintf("how the origin %s is reached cannot be seen; name it in confirmedOrigins if it is encrypted", [id]),
	"msg_ja": sprintf("オリジン%sとの通信方式を確認できません。暗号化を確認のうえconfirmedOriginsに指定してください", [id]),
} if {
	some id in other_origins
	not id in data.parameters.confirmedOrigins
}
