package sekisho_policies.residency_foreign_region_empty_test

import data.sekisho_policies.residency_foreign_region_empty as policy

defaults := {"allowedRegions": ["ap-northeast-1", "ap-northeast-3"], "ignoreTypes": [], "exemptRegions": []}

recorder := {"name": "default", "recordingGroup": {"allSupported": true}}

given(region, entries, status, counts) := {
	"recorders": [{"region": region, "result": {"ConfigurationRecorders": entries}}],
	"recorder_status": [{"region": region, "result": {"ConfigurationRecordersStatus": status}}],
	"counts": [{"region": region, "result": {"resourceCounts": counts}}],
}

holding(region, name) := given(region, [recorder], [{"recording": true}], [{"resourceType": name, "count": 1}])

messages(facts, parameters) := {reason.msg |
	some reason in policy.deny with data.facts as facts with data.parameters as parameters
}

test_every_type_that_holds_nothing if {
	every name in policy.harmless {
		messages(holding("eu-west-1", replace(name, "*", "Anything")), defaults) == set()
	}
}

test_companions_of_cloudfront_in_virginia_alone if {
	every name in policy.companion_types {
		some_type := replace(name, "*", "WebACL")
		messages(holding("us-east-1", some_type), defaults) == set()
		count(messages(holding("us-east-2", some_type), defaults)) == 1
	}
}

test_data_counts if {
	every name in ["AWS::S3::Bucket", "AWS::EC2::Instance", "AWS::New::Thing"] {
		messages(holding("us-east-1", name), defaults) == {sprintf("resources in us-east-1, outside the allowed regions: %s (1)", [name])}
		messages(holding("ap-northeast-3", name), defaults) == set()
	}
}

test_further_types if {
	parameters := object.union(defaults, {"ignoreTypes": ["AWS::Lambda::*"]})
	messages(holding("eu-west-1", "AWS::Lambda::Function"), parameters) == set()
	count(messages(holding("eu-west-1", "AWS::S3::Bucket"), parameters)) == 1
}

# Nothing that was asked is no region without resources.
test_no_answers if {
	messages({"recorders": [], "recorder_status": [], "counts": []}, defaults) == {"no region was asked for its resources"}
}

# Each of the three answers has to be there.
test_every_refusal_is_seen if {
	facts := given("us-east-1", [recorder], [{"recording": true}], [])
	every name, _ in facts {
		refused := object.union(facts, {name: [{"region": "us-east-1", "error": {"code": "AccessDeniedException"}}]})
		messages(refused, defaults) == {"AWS Config could not be seen (access denied) in us-east-1"}
	}
}

test_a_region_that_one_answer_lacks if {
	facts := given("us-east-1", [recorder], [{"recording": true}], [])
	home := given("ap-northeast-1", [recorder], [{"recording": true}], [])
	every name, _ in facts {
		partly := object.union(facts, {name: home[name]})
		"AWS Config could not be seen (access denied) in us-east-1" in messages(partly, defaults)
	}
}

test_exempt_regions_may_refuse if {
	facts := given("us-east-1", [recorder], [{"recording": true}], [])
	refused := object.union(facts, {"recorders": [{"region": "us-east-1", "error": {"code": "AccessDeniedException"}}]})
	messages(refused, object.union(defaults, {"exemptRegions": ["us-east-1"]})) == set()
}

test_status_of_a_service_is_not_the_customers if {
	status := [{"servicePrincipal": "internetmonitor.amazonaws.com", "recording": true}, {"recording": false}]
	messages(given("us-east-1", [recorder], status, []), defaults) == {"unobserved: AWS Config's recorder is stopped in us-east-1"}
}

test_a_recorder_without_status_is_stopped if {
	messages(given("us-east-1", [recorder], null, []), defaults) == {"unobserved: AWS Config's recorder is stopped in us-east-1"}
}

test_empty_service_principal_is_the_customer if {
	own := object.union(recorder, {"servicePrincipal": ""})
	messages(given("us-east-1", [own], [{"servicePrincipal": "", "recording": true}], []), defaults) == set()
}

test_answers_of_null if {
	messages(given("us-east-1", null, null, null), defaults) == {"unobserved: AWS Config has no recorder in us-east-1"}
}
