package sekisho_policies.residency_resource_region_test

import data.sekisho_policies.residency_resource_region

defaults := {
	"allowedRegions": ["ap-northeast-1", "ap-northeast-3"],
	"usEast1Satellites": ["acm-certificate", "wafv2", "lambda-edge"],
	"lambdaEdgeFunctions": [],
	"nonDataTag": "",
}

abroad := "us-east-1 is not an allowed region (ap-northeast-1, ap-northeast-3); the region only stands in for the reach of Japanese law"

bucket(region) := {"resourceType": "AWS::S3::Bucket", "resourceId": "karte", "awsRegion": region, "tags": {}}

messages(document, parameters) := {reason.msg |
	some reason in residency_resource_region.deny with input as document with data.parameters as parameters
}

skipped(document, parameters) if {
	residency_resource_region.not_applicable with input as document with data.parameters as parameters
}

denied(document, parameters) if {
	not skipped(document, parameters)
	count(messages(document, parameters)) > 0
}

test_tokyo_and_osaka_are_compliant if {
	every region in ["ap-northeast-1", "ap-northeast-3"] {
		messages(bucket(region), defaults) == set()
		not skipped(bucket(region), defaults)
	}
}

test_virginia_is_denied if {
	messages(bucket("us-east-1"), defaults) == {abroad}
	not skipped(bucket("us-east-1"), defaults)
}

# Seoul begins like Tokyo.
test_seoul_is_denied if denied(bucket("ap-northeast-2"), defaults)

test_regions_follow_the_parameter if {
	parameters := object.union(defaults, {"allowedRegions": ["ap-northeast-3"]})
	denied(bucket("ap-northeast-1"), parameters)
	messages(bucket("ap-northeast-3"), parameters) == set()
}

test_no_region_is_denied if {
	every document in [bucket(null), bucket(""), bucket(0), object.remove(bucket(""), ["awsRegion"])] {
		messages(document, defaults) == {"the region is not recorded"}
		not skipped(document, defaults)
	}
}

test_global_is_no_region_of_a_bucket if {
	messages(bucket("global"), defaults) == {"the region is recorded as global, but the resource type is regional"}
	not skipped(bucket("global"), defaults)
}

test_global_types_are_not_applicable if {
	every type in ["AWS::IAM::User", "AWS::CloudFront::Distribution", "AWS::Route53::HostedZone", "AWS::Organizations::OrganizationalUnit"] {
		every region in ["global", "us-east-1", "us-west-2", "ap-northeast-1", null] {
			skipped({"resourceType": type, "awsRegion": region}, defaults)
		}
	}
}

certificate(region, users) := {
	"resourceType": "AWS::ACM::Certificate",
	"awsRegion": region,
	"configuration": {"domainName": "karte.example.jp", "inUseBy": users},
}

distribution := "arn:aws:cloudfront::123456789012:distribution/E1EXAMPLE"

balancer := "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/karte/0123456789abcdef"

test_certificate_of_cloudfront if skipped(certificate("us-east-1", [distribution]), defaults)

test_certificate_of_something_else if {
	every users in [[], [balancer], [distribution, balancer], null] {
		denied(certificate("us-east-1", users), defaults)
	}
	denied(object.remove(certificate("us-east-1", []), ["configuration"]), defaults)
}

test_signs_of_a_satellite_on_another_type if {
	looks := {
		"ARN": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/karte/0f1e2d3c",
		"resourceName": "rewrite",
		"configuration": {"inUseBy": [distribution]},
	}
	parameters := object.union(defaults, {"lambdaEdgeFunctions": ["rewrite"]})
	denied(object.union(bucket("us-east-1"), looks), parameters)
	denied(object.union(bucket("us-east-1"), {"resourceName": "us-east-1.rewrite"}), parameters)
}

test_certificate_elsewhere if denied(certificate("us-west-2", [distribution]), defaults)

web_acl(region, arn) := {"resourceType": "AWS::WAFv2::WebACL", "awsRegion": region, "ARN": arn}

test_web_acl_of_cloudfront if {
	arn := "arn:aws:wafv2:us-east-1:123456789012:global/webacl/karte/0f1e2d3c"
	skipped(web_acl("us-east-1", arn), defaults)
	skipped(web_acl("global", arn), defaults)
}

test_regional_web_acl if {
	denied(web_acl("us-east-1", "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/global/0f1e2d3c"), defaults)
	tokyo := web_acl("ap-northeast-1", "arn:aws:wafv2:ap-northeast-1:123456789012:regional/webacl/karte/0f1e2d3c")
	messages(tokyo, defaults) == set()
	not skipped(tokyo, defaults)
	denied({"resourceType": "AWS::WAFv2::WebACL", "awsRegion": "us-east-1"}, defaults)
}

function(region, name) := {"resourceType": "AWS::Lambda::Function", "awsRegion": region, "resourceName": name}

test_lambda_edge_is_known_by_name_only if {
	parameters := object.union(defaults, {"lambdaEdgeFunctions": ["rewrite"]})
	denied(function("us-east-1", "rewrite"), defaults)
	skipped(function("us-east-1", "rewrite"), parameters)
	denied(function("us-east-1", "other"), parameters)
	denied(function("us-west-2", "rewrite"), parameters)
}

test_lambda_edge_replica if {
	parameters := object.union(defaults, {"lambdaEdgeFunctions": ["rewrite"]})
	skipped(function("eu-west-1", "us-east-1.rewrite"), parameters)
	denied(function("eu-west-1", "us-east-1.other"), parameters)
	denied(function("eu-west-1", null), parameters)
}

test_satellites_may_be_switched_off if {
	parameters := object.union(defaults, {"usEast1Satellites": ["wafv2"]})
	denied(certificate("us-east-1", [distribution]), parameters)
	skipped(web_acl("us-east-1", "arn:aws:wafv2:us-east-1:123456789012:global/webacl/karte/0f1e2d3c"), parameters)
}

test_tag_exempts_only_where_a_rule_says_so if {
	document := object.union(bucket("us-east-1"), {"tags": {"residency": "exempt"}})
	denied(document, defaults)
	skipped(document, object.union(defaults, {"nonDataTag": "residency=exempt"}))
	denied(document, object.union(defaults, {"nonDataTag": "residency=none"}))
}

test_item_without_fields_is_denied if denied({}, defaults)

test_reasons_are_in_both_languages if {
	every region in [null, "global", "us-east-1"] {
		reasons := residency_resource_region.deny with input as bucket(region) with data.parameters as defaults
		count(reasons) == 1
		every reason in reasons {
			reason.msg_ja != ""
		}
	}
}
