package sekisho_policies.backup_recovery_point_fresh_test

import data.sekisho_policies.backup_recovery_point_fresh as policy

arn := "arn:aws:dynamodb:ap-northeast-1:123456789012:table/karte"

table := {"resourceType": "AWS::DynamoDB::Table", "ARN": arn, "tags": {}}

point := {"ResourceArn": arn, "Status": "COMPLETED", "CompletionDate": "2026-11-22T17:40:00.000Z", "IsEncrypted": true}

facts(points) := {"now": "2026-11-23T01:00:00.000Z", "points": [{"result": {"RecoveryPoints": points}}]}

reasons(given) := {reason |
	some reason in policy.deny with input as table
		with data.facts as given
		with data.parameters as {"phiTag": "", "maxAgeHours": 26, "requireEncrypted": true}
		with data.inventory as {}
}

messages(given) := {reason.msg | some reason in reasons(given)}

test_recent if messages(facts([point])) == set()

test_nothing_there if {
	every points in [[], null] {
		messages(facts(points)) == {"AWS Backup has no completed recovery point of this resource"}
	}
	every answers in [null, [], [{}], [{"result": null}]] {
		count(messages({"now": "2026-11-23T01:00:00.000Z", "points": answers})) == 1
	}
}

test_in_any_vault if {
	given := {"now": "2026-11-23T01:00:00.000Z", "points": [{"result": {"RecoveryPoints": []}}, {"result": {"RecoveryPoints": [point]}}]}
	messages(given) == set()
}

test_point_without_state_does_not_count if {
	count(messages(facts([object.remove(point, ["Status"])]))) == 1
	count(messages(facts([object.remove(point, ["ResourceArn"])]))) == 1
}

test_age_is_rounded_up if {
	old := object.union(point, {"CompletionDate": "2026-11-20T22:59:59.000Z"})
	messages(facts([old])) == {"the newest recovery point is 51 hours old (at most 26 allowed)"}
}

test_encrypted_has_to_be_true if {
	every value in [false, null, "true"] {
		messages(facts([object.union(point, {"IsEncrypted": value})])) == {"the recent recovery points are not encrypted"}
	}
}

test_one_encrypted_point_is_enough if {
	messages(facts([object.union(point, {"IsEncrypted": false}), point])) == set()
}

test_reasons_are_in_both_languages if {
	every points in [
		[], [object.union(point, {"IsEncrypted": false})],
		[object.union(point, {"CompletionDate": null})],
		[object.union(point, {"CompletionDate": "2026-11-01T00:00:00.000Z"})],
	] {
		found := reasons(facts(points))
		count(found) == 1
		every reason in found {
			reason.msg_ja != ""
		}
	}
}
