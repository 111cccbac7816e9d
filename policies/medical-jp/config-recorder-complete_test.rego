package sekisho_policies.config_recorder_complete_test

import data.sekisho_policies.config_recorder_complete

defaults := {
	"homeRegion": "ap-northeast-1",
	"requiredTypes": [],
	"exemptTypes": [],
	"exemptRegions": [],
	"minHistoryDays": 1827,
}

recorder := {
	"name": "default",
	"recordingGroup": {"allSupported": true, "includeGlobalResourceTypes": true},
	"recordingMode": {"recordingFrequency": "CONTINUOUS"},
}

answer(result) := [{"region": "ap-northeast-1", "result": result}]

given(entry, status, channel, days) := {
	"recorders": answer({"ConfigurationRecorders": [entry]}),
	"recorder_status": answer({"ConfigurationRecordersStatus": [status]}),
	"channel_status": answer({"DeliveryChannelsStatus": [channel]}),
	"retention": answer({"RetentionConfigurations": days}),
}

working := {"recording": true, "lastStatus": "SUCCESS"}

with_recorder(entry) := given(entry, working, {"name": "default"}, [])

messages(facts, parameters) := {reason.msg |
	some reason in config_recorder_complete.deny with data.facts as facts with data.parameters as parameters
}

test_complete if messages(with_recorder(recorder), defaults) == set()

test_no_answers_at_all if {
	empty := {"recorders": [], "recorder_status": [], "channel_status": [], "retention": []}
	messages(empty, defaults) == {"the home region ap-northeast-1 was not asked: it is not enabled in this account"}
}

# Each of the four answers has to be there.
test_every_refusal_is_seen if {
	facts := with_recorder(recorder)
	every name, _ in facts {
		refused := object.union(facts, {name: [{"region": "ap-northeast-1", "error": {"code": "AccessDeniedException"}}]})
		"AWS Config could not be seen (access denied) in ap-northeast-1" in messages(refused, defaults)
	}
}

test_a_recorder_without_status_is_stopped if {
	facts := object.union(with_recorder(recorder), {"recorder_status": answer({"ConfigurationRecordersStatus": null})})
	messages(facts, defaults) == {"AWS Config's recorder is stopped in ap-northeast-1"}
}

test_status_spellings if {
	every status in ["SUCCESS", "Success", "PENDING", "Pending"] {
		messages(given(recorder, {"recording": true, "lastStatus": status}, {}, []), defaults) == set()
	}
	every status in ["FAILURE", "Failure", "NotApplicable"] {
		messages(given(recorder, {"recording": true, "lastStatus": status}, {}, []), defaults) == {"recording fails (unknown) in ap-northeast-1"}
	}
	messages(given(recorder, {"recording": true}, {}, []), defaults) == {"recording fails (unknown) in ap-northeast-1"}
}

# A recorder that is stopped is not said to fail as well.
test_stopped_alone if {
	every state in [{"recording": false, "lastStatus": "FAILURE"}, {"recording": null, "lastStatus": "FAILURE"}] {
		messages(given(recorder, state, {}, []), defaults) == {"AWS Config's recorder is stopped in ap-northeast-1"}
	}
}

test_empty_service_principal_is_the_customer if {
	messages(with_recorder(object.union(recorder, {"servicePrincipal": ""})), defaults) == set()
	state := object.union(working, {"servicePrincipal": ""})
	messages(given(recorder, state, {}, []), defaults) == set()
}

test_service_linked_status_is_not_the_customers if {
	facts := object.union(with_recorder(recorder), {"recorder_status": answer({"ConfigurationRecordersStatus": [
		{"recording": true, "lastStatus": "SUCCESS", "servicePrincipal": "x.amazonaws.com"},
		{"recording": false},
	]})})
	messages(facts, defaults) == {"AWS Config's recorder is stopped in ap-northeast-1"}
}

test_iam_types_excluded_in_the_home_region if {
	group := {
		"allSupported": false,
		"includeGlobalResourceTypes": true,
		"exclusionByResourceTypes": {"resourceTypes": ["AWS::IAM::Role"]},
		"recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
	}
	facts := with_recorder(object.union(recorder, {"recordingGroup": group}))
	messages(facts, defaults) == {"not recorded in ap-northeast-1: AWS::IAM::Role"}
	exempt := object.union(defaults, {"exemptTypes": ["AWS::IAM::Role"]})
	messages(facts, exempt) == set()
}

# A list that stands beside an exclusion counts for nothing.
test_list_beside_exclusion if {
	group := {
		"allSupported": false,
		"resourceTypes": ["AWS::S3::Bucket"],
		"exclusionByResourceTypes": {"resourceTypes": ["AWS::S3::Bucket"]},
		"recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
	}
	facts := with_recorder(object.union(recorder, {"recordingGroup": group}))
	messages(facts, object.union(defaults, {"requiredTypes": ["AWS::S3::Bucket"]})) == {"not recorded in ap-northeast-1: AWS::S3::Bucket"}
}

test_required_types_leave_the_rest_free if {
	group := {"allSupported": false, "resourceTypes": ["AWS::S3::Bucket"]}
	facts := with_recorder(object.union(recorder, {"recordingGroup": group}))
	required := object.union(defaults, {"requiredTypes": ["AWS::S3::Bucket"]})
	messages(facts, required) == set()
	wider := object.union(required, {"requiredTypes": ["AWS::S3::Bucket", "AWS::IAM::User"]})
	messages(facts, wider) == {"not recorded in ap-northeast-1: AWS::IAM::User"}
	messages(facts, object.union(wider, {"exemptTypes": ["AWS::IAM::User"]})) == set()
}

test_iam_types_required_where_all_are_recorded if {
	required := object.union(defaults, {"requiredTypes": ["AWS::IAM::User", "AWS::S3::Bucket"]})
	messages(with_recorder(recorder), required) == set()
	group := {"allSupported": true, "includeGlobalResourceTypes": false}
	facts := with_recorder(object.union(recorder, {"recordingGroup": group}))
	messages(facts, required) == {"not recorded in ap-northeast-1: AWS::IAM::User"}
}

test_without_recording_mode_is_continuous if messages(with_recorder(object.remove(recorder, ["recordingMode"])), defaults) == set()

slow_with_one_continuous := object.union(recorder, {"recordingMode": {
	"recordingFrequency": "DAILY",
	"recordingModeOverrides": [{"resourceTypes": ["AWS::S3::Bucket"], "recordingFrequency": "CONTINUOUS"}],
}})

test_override_makes_a_required_type_continuous if {
	facts := with_recorder(slow_with_one_continuous)
	messages(facts, object.union(defaults, {"requiredTypes": ["AWS::S3::Bucket"]})) == set()
	messages(facts, object.union(defaults, {"requiredTypes": ["AWS::EC2::VPC"]})) == {"recorded once a day instead of continuously in ap-northeast-1: AWS::EC2::VPC"}
	messages(facts, defaults) == {"recorded once a day instead of continuously in ap-northeast-1"}
}

test_exempt_types_may_be_daily if {
	entry := object.union(recorder, {"recordingMode": {
		"recordingFrequency": "CONTINUOUS",
		"recordingModeOverrides": [{"resourceTypes": ["AWS::EC2::Volume"], "recordingFrequency": "DAILY"}],
	}})
	messages(with_recorder(entry), object.union(defaults, {"exemptTypes": ["AWS::EC2::Volume"]})) == set()
	messages(with_recorder(entry), defaults) == {"recorded once a day instead of continuously in ap-northeast-1: AWS::EC2::Volume"}
}

test_override_without_frequency_is_not_taken_for_continuous if {
	entry := object.union(recorder, {"recordingMode": {
		"recordingFrequency": "CONTINUOUS",
		"recordingModeOverrides": [{"resourceTypes": ["AWS::EC2::Volume"]}],
	}})
	count(messages(with_recorder(entry), defaults)) == 1
}

test_each_delivery_is_looked_at if {
	every kind in ["configHistoryDeliveryInfo", "configSnapshotDeliveryInfo", "configStreamDeliveryInfo"] {
		every status in ["FAILURE", "Failure"] {
			facts := given(recorder, working, {kind: {"lastStatus": status}}, [])
			messages(facts, defaults) == {sprintf("delivery fails (%s: %s) in ap-northeast-1", [kind, status])}
		}
		every status in ["SUCCESS", "Success", "NOT_APPLICABLE", "Not_Applicable", null] {
			messages(given(recorder, working, {kind: {"lastStatus": status}}, []), defaults) == set()
		}
	}
}

test_history_without_configuration_is_seven_years if {
	messages(with_recorder(recorder), object.union(defaults, {"minHistoryDays": 2557})) == set()
	facts := given(recorder, working, {}, [{"Name": "default", "RetentionPeriodInDays": 2556}])
	messages(facts, object.union(defaults, {"minHistoryDays": 2557})) == {"the history is kept 2556 of the required 2557 days in ap-northeast-1"}
	messages(facts, object.union(defaults, {"minHistoryDays": 2556})) == set()
}

test_history_that_says_no_days_is_denied if {
	facts := given(recorder, working, {}, [{"Name": "default"}])
	messages(facts, defaults) == {"the history is kept 0 of the required 1827 days in ap-northeast-1"}
}

test_exempt_regions_are_left_out_of_everything if {
	bad := {"region": "us-east-1", "result": {
		"ConfigurationRecorders": [{"recordingGroup": {"allSupported": false}}],
		"ConfigurationRecordersStatus": [{"recording": false}],
		"DeliveryChannelsStatus": [],
		"RetentionConfigurations": [{"RetentionPeriodInDays": 30}],
	}}
	facts := {name: array.concat(answers, [bad]) | some name, answers in with_recorder(recorder)}
	count(messages(facts, defaults)) == 4
	messages(facts, object.union(defaults, {"exemptRegions": ["us-east-1"]})) == set()
}

test_reasons_are_in_both_languages if {
	facts := given({"name": "default"}, {"recording": false}, {"configStreamDeliveryInfo": {"lastStatus": "FAILURE"}}, [{"RetentionPeriodInDays": 30}])
	reasons := config_recorder_complete.deny with data.facts as facts with data.parameters as defaults
	count(reasons) == 5
	every reason in reasons {
		reason.msg_ja != ""
	}
}
