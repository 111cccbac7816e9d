package sekisho_policies.secretsmanager_cmk_rotation_test

import data.sekisho_policies.secretsmanager_cmk_rotation

defaults := {"maxRotationDays": 365, "rotateTag": "", "requireCmk": true}

good := {
	"KMSKeyId": "arn:aws:kms:ap-northeast-1:123456789012:key/k",
	"RotationEnabled": true,
	"RotationOccurringAsScheduled": true,
	"RotationRules": {"AutomaticallyAfterDays": 365},
}

messages(configuration, tags, changes) := {reason.msg |
	some reason in secretsmanager_cmk_rotation.deny with input as {"configuration": configuration, "tags": tags}
		with data.parameters as object.union(defaults, changes)
}

of(changes) := messages(object.union(good, changes), {}, {})

test_good if of({}) == set()

test_key if {
	message := {"the secret is encrypted with the key that AWS manages"}
	every key in [null, "", "alias/aws/secretsmanager", "arn:aws:kms:ap-northeast-1:123456789012:alias/aws/secretsmanager"] {
		of({"KMSKeyId": key}) == message
		messages(object.union(good, {"KMSKeyId": key}), {}, {"requireCmk": false}) == set()
	}
	messages(object.remove(good, ["KMSKeyId"]), {}, {}) == message
}

test_rotation if {
	of({"RotationEnabled": false}) == {"rotation is off"}
	of({"RotationEnabled": null}) == {"whether the secret rotates is not recorded"}
	messages({"KMSKeyId": "k"}, {}, {}) == {"whether the secret rotates is not recorded"}
	of({"RotationRules": {"AutomaticallyAfterDays": 366}}) == {"the secret rotates every 366 days, at most 365 are allowed"}
	of({"RotationRules": null}) == {"how often the secret rotates is not recorded"}
	of({"RotationOccurringAsScheduled": false}) == {"the secret does not rotate as planned: the last rotation failed or did not take place"}
	of({"RotationOccurringAsScheduled": null}) == {"the secret does not rotate as planned: the last rotation failed or did not take place"}
	messages(object.remove(good, ["RotationOccurringAsScheduled"]), {}, {}) == set()
	of({"RotationEnabled": false, "RotationRules": {"AutomaticallyAfterDays": 999}, "RotationOccurringAsScheduled": false}) == {"rotation is off"}
}

test_which_secrets_have_to_rotate if {
	every configuration in [object.union(good, {"RotationEnabled": false}), {"KMSKeyId": "k"}, object.union(good, {"RotationRules": {"AutomaticallyAfterDays": 999}}), object.union(good, {"RotationRules": null}), object.union(good, {"RotationOccurringAsScheduled": false})] {
		messages(configuration, {}, {"rotateTag": "Kind=db"}) == set()
		count(messages(configuration, {"Kind": "db"}, {"rotateTag": "Kind=db"})) == 1
		messages(configuration, {"aws:secretsmanager:owningService": "rds"}, {}) == set()
		messages(configuration, {"aws:secretsmanager:owningService": "rds", "Kind": "db"}, {"rotateTag": "Kind"}) == set()
	}
}

applies(configuration) if {
	not gone(configuration)
}

gone(configuration) if {
	secretsmanager_cmk_rotation.not_applicable with input as {"configuration": configuration}
}

test_to_be_deleted if {
	gone({"Deleted": true})
	applies({"Deleted": false})
	applies({})
}

test_reasons_are_in_both_languages if {
	every configuration in [{}, {"RotationEnabled": false}, {"RotationEnabled": true, "RotationOccurringAsScheduled": false}, {"RotationEnabled": true, "RotationRules": {"AutomaticallyAfterDays": 999}}] {
		reasons := secretsmanager_cmk_rotation.deny with input as {"configuration": configuration, "tags": {}}
			with data.parameters as defaults
		count(reasons) > 0
		every reason in reasons {
			reason.msg_ja != ""
		}
	}
}
