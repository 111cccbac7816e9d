package sekisho_policies.residency_cloudfront_test

import data.sekisho_policies.residency_cloudfront as policy

defaults := {
	"phiTag": "",
	"allowedRegions": ["ap-northeast-1"],
	"allowedCountries": ["JP"],
	"noCachePolicyIds": ["none"],
	"knownFunctions": ["arn:aws:lambda:us-east-1:1:function:known:*"],
	"knownLogConfigs": ["known"],
}

good := {
	"enabled": true,
	"restrictions": {"geoRestriction": {"restrictionType": "whitelist", "items": ["JP"]}},
	"defaultCacheBehavior": {"cachePolicyId": "none"},
	"origins": {"items": [{"domainName": "emr.example.jp"}]},
}

buckets := {"own_buckets": {"Buckets": [{"Name": "logs", "BucketRegion": "ap-northeast-1"}, {"Name": "abroad", "BucketRegion": "us-east-1"}]}}

messages(changes) := {reason.msg |
	some reason in policy.deny with input as {"configuration": {"distributionConfig": object.union(good, changes)}}
		with data.facts as buckets
		with data.parameters as defaults
}

test_good if messages({}) == set()

test_viewers if {
	every change in [
		{"geoRestriction": {"restrictionType": "none"}},
		{"geoRestriction": {"restrictionType": "blacklist"}},
		{"geoRestriction": {"items": []}},
		{"geoRestriction": {"items": null}},
	] {
		messages({"restrictions": change}) == {"viewers of every country are served: geoRestriction is no whitelist"}
	}
	messages({"restrictions": {"geoRestriction": {"restrictionType": "none", "items": ["US"]}}}) == {"viewers of every country are served: geoRestriction is no whitelist"}
	messages({"restrictions": {"geoRestriction": {"items": ["US", "JP", "DE"]}}}) == {"viewers in DE, US are served"}
}

test_caches if {
	every behaviour in [
		{"cachePolicyId": "other"},
		{"cachePolicyId": "other", "maxTTL": 0},
		{"cachePolicyId": null},
		{"cachePolicyId": null, "maxTTL": 1},
	] {
		messages({"defaultCacheBehavior": behaviour}) == {"* is cached at edges abroad"}
		messages({"cacheBehaviors": {"items": [object.union(behaviour, {"pathPattern": "/a"})]}}) == {"/a is cached at edges abroad"}
	}
	every id in [null, ""] {
		messages({"defaultCacheBehavior": {"cachePolicyId": id, "maxTTL": 0}}) == set()
	}
	messages({"cacheBehaviors": {"items": [{}]}}) == {"? is cached at edges abroad"}
}

test_functions if {
	every kind, member in {"lambdaFunctionAssociations": "lambdaFunctionARN", "functionAssociations": "functionARN"} {
		messages({"defaultCacheBehavior": {kind: {"items": [{member: "strange"}]}}}) == {"strange runs at the edge and is not a known function"}
		messages({"defaultCacheBehavior": {kind: {"items": [{}]}}}) == {"unknown runs at the edge and is not a known function"}
		messages({"defaultCacheBehavior": {kind: {"items": [{member: "arn:aws:lambda:us-east-1:1:function:known:7"}]}}}) == set()
		messages({"defaultCacheBehavior": {kind: {"quantity": 0}}}) == set()
	}
}

test_real_time_logs if {
	messages({"defaultCacheBehavior": {"realtimeLogConfigArn": "x"}}) == {"real-time logs go where x sends them, which is not known"}
	every arn in ["known", "", null] {
		messages({"defaultCacheBehavior": {"realtimeLogConfigArn": arn}}) == set()
	}
}

test_logs if {
	messages({"logging": {"enabled": true, "bucket": "logs.s3.amazonaws.com"}}) == set()
	messages({"logging": {"enabled": true, "bucket": "abroad.s3.amazonaws.com"}}) == {"logs go to bucket abroad in us-east-1, outside the allowed regions"}
	messages({"logging": {"enabled": true, "bucket": "abroad.s3-us-east-1.amazonaws.com"}}) == {"logs go to bucket abroad in us-east-1, outside the allowed regions"}
	messages({"logging": {"enabled": true, "bucket": "strange.s3.amazonaws.com"}}) == {"logs go to bucket strange, which is not the account's own: its region is not known"}
	messages({"logging": {"enabled": false, "bucket": "abroad.s3.amazonaws.com"}}) == set()
	messages({"logging": {"enabled": false, "bucket": null}}) == set()
}

of_origin(host) := messages({"origins": {"items": [{"domainName": host}]}})

test_origins if {
	every host in ["lb.us-east-1.elb.amazonaws.com", "x.s3.us-east-1.amazonaws.com", "abroad.s3.amazonaws.com"] {
		of_origin(host) == {sprintf("the origin %s lies in us-east-1, outside the allowed regions", [host])}
	}
	every host in ["logs.s3.amazonaws.com", "lb.ap-northeast-1.elb.amazonaws.com", "emr.example.jp", "strange.s3.amazonaws.com", "abroad"] {
		of_origin(host) == set()
	}
}

with_shield(settings) := messages({"origins": {"items": [{"domainName": "o", "originShield": settings}]}})

test_origin_shield if {
	with_shield({"enabled": true, "originShieldRegion": "us-east-1"}) == {"the origin shield of o lies in us-east-1, outside the allowed regions"}
	with_shield({"enabled": true}) == {"the origin shield of o lies in unknown, outside the allowed regions"}
	every settings in [{"enabled": false, "originShieldRegion": "us-east-1"}, {"enabled": true, "originShieldRegion": "ap-northeast-1"}, {}] {
		with_shield(settings) == set()
	}
}

test_nothing_recorded if {
	found := {reason.msg |
		some reason in policy.deny with input as {"configuration": null}
			with data.facts as buckets
			with data.parameters as defaults
	}
	found == {
		"* is cached at edges abroad",
		"the origins are not recorded",
		"viewers of every country are served: geoRestriction is no whitelist",
	}
}

test_choice if {
	tagged := object.union(defaults, {"phiTag": "Data=PHI"})
	policy.not_applicable with input as {"tags": {}, "configuration": {"distributionConfig": good}} with data.parameters as tagged
	policy.not_applicable with input as {"configuration": {"distributionConfig": good}} with data.parameters as tagged
	not policy.not_applicable with input as {"tags": {"Data": "PHI"}, "configuration": {"distributionConfig": good}} with data.parameters as tagged
	not policy.not_applicable with input as {"configuration": {"distributionConfig": good}} with data.parameters as defaults
	policy.not_applicable with input as {"configuration": {"distributionConfig": {"enabled": false}}} with data.parameters as defaults
}
