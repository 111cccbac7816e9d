package sekisho_policies.cloudfront_tls_test

import data.sekisho_policies.cloudfront_tls

defaults := {"minVersions": ["TLSv1.2_2021", "TLSv1.3_2025"], "originProtocols": ["TLSv1.2"], "confirmedOrigins": []}

custom(policy, versions) := {"id": "alb", "customOriginConfig": {"originProtocolPolicy": policy, "originSslProtocols": {"items": versions, "quantity": count(versions)}}}

good := {
	"enabled": true,
	"viewerCertificate": {"minimumProtocolVersion": "TLSv1.2_2021", "cloudFrontDefaultCertificate": false},
	"defaultCacheBehavior": {"viewerProtocolPolicy": "redirect-to-https"},
	"cacheBehaviors": {"quantity": 0},
	"origins": {"quantity": 1, "items": [custom("https-only", ["TLSv1.2"])]},
}

distribution(changes) := {"resourceType": "AWS::CloudFront::Distribution", "configuration": {"distributionConfig": object.union(good, changes)}}

origins(items) := distribution({"origins": {"items": items}})

messages(document, changes) := {reason.msg |
	some reason in cloudfront_tls.deny with input as document with data.parameters as object.union(defaults, changes)
}

test_good if messages(distribution({}), {}) == set()

test_https_only_is_fine if messages(distribution({"defaultCacheBehavior": {"viewerProtocolPolicy": "https-only"}}), {}) == set()

test_disabled if {
	cloudfront_tls.not_applicable with input as distribution({"enabled": false}) with data.parameters as defaults
	not cloudfront_tls.not_applicable with input as distribution({}) with data.parameters as defaults
	not cloudfront_tls.not_applicable with input as distribution({"enabled": null}) with data.parameters as defaults
}

test_default_certificate if {
	messages(distribution({"viewerCertificate": {"cloudFrontDefaultCertificate": true}}), {}) == {"CloudFront's own certificate lets viewers speak TLS 1.0"}
}

test_security_policy if {
	every version in ["TLSv1", "TLSv1.2_2019", null] {
		messages(distribution({"viewerCertificate": {"minimumProtocolVersion": version}}), {}) == {sprintf("the security policy %v is not strong enough", [version])}
	}
	messages(distribution({"viewerCertificate": {"minimumProtocolVersion": "TLSv1.2_2019"}}), {"minVersions": ["TLSv1.2_2019"]}) == set()
}

test_viewers if {
	messages(distribution({"defaultCacheBehavior": {"viewerProtocolPolicy": "allow-all"}}), {}) == {"viewers of * may come without TLS (viewerProtocolPolicy allow-all)"}
	messages(distribution({"defaultCacheBehavior": null}), {}) == {"viewers of * may come without TLS (viewerProtocolPolicy null)"}
	document := distribution({"cacheBehaviors": {"items": [{"pathPattern": "/api/*", "viewerProtocolPolicy": "https-only"}, {"pathPattern": "/img/*", "viewerProtocolPolicy": "allow-all"}, {}]}})
	messages(document, {}) == {"viewers of /img/* may come without TLS (viewerProtocolPolicy allow-all)", "viewers of ? may come without TLS (viewerProtocolPolicy null)"}
}

test_origin_protocol if {
	messages(origins([custom("http-only", ["TLSv1"])]), {}) == {"the origin alb is asked without TLS (originProtocolPolicy http-only)"}
	messages(origins([custom("http-only", [])]), {}) == {"the origin alb is asked without TLS (originProtocolPolicy http-only)"}
	messages(origins([custom(null, ["TLSv1.2"])]), {}) == {"the origin alb is asked without TLS (originProtocolPolicy null)"}
	messages(origins([custom("match-viewer", ["TLSv1.2"])]), {}) == set()
}

test_match_viewer_with_viewers_in_clear if {
	document := distribution({"defaultCacheBehavior": {"viewerProtocolPolicy": "allow-all"}, "origins": {"items": [custom("match-viewer", ["TLSv1.2"])]}})
	messages(document, {}) == {
		"viewers of * may come without TLS (viewerProtocolPolicy allow-all)",
		"the origin alb is asked without TLS (originProtocolPolicy match-viewer)",
	}
}

test_origin_versions if {
	messages(origins([custom("https-only", ["SSLv3", "TLSv1.1", "TLSv1.2"])]), {}) == {"the origin alb is asked over SSLv3, TLSv1.1"}
	messages(origins([custom("https-only", ["TLSv1.1"])]), {}) == {"the origin alb is asked over TLSv1.1"}
	messages(origins([custom("https-only", ["TLSv1.1", "TLSv1.2"])]), {"originProtocols": ["TLSv1.1", "TLSv1.2"]}) == set()
	messages(origins([custom("https-only", [])]), {}) == {"the TLS versions towards the origin alb are not recorded"}
}

test_other_origins if {
	messages(origins([{"id": "s3", "s3OriginConfig": {"originAccessIdentity": ""}}]), {}) == set()
	messages(origins([{"id": "vpc", "vpcOriginConfig": {"vpcOriginId": "vo_1"}}]), {}) == {"how the origin vpc is reached cannot be seen; name it in confirmedOrigins if it is encrypted"}
	messages(origins([{"id": "vpc", "vpcOriginConfig": {"vpcOriginId": "vo_1"}}]), {"confirmedOrigins": ["vpc"]}) == set()
}

test_not_recorded if {
	messages(distribution({"origins": null}), {}) == {"the origins are not recorded"}
	messages(origins([]), {}) == {"the origins are not recorded"}
	messages({"resourceType": "AWS::CloudFront::Distribution"}, {}) == {
		"the security policy null is not strong enough",
		"viewers of * may come without TLS (viewerProtocolPolicy null)",
		"the origins are not recorded",
	}
}
