package sekisho_policies.residency_log_subscriptions_test

import data.sekisho_policies.residency_log_subscriptions as policy

answer(groups) := [{"region": "ap-northeast-1", "result": {"logGroups": groups}}]

judged(groups, filters) := {reason.msg |
	some reason in policy.deny with input as {"awsAccountId": "123456789012"}
		with data.facts as {"log_groups": groups, "filters": filters}
		with data.parameters as {"allowedRegions": ["ap-northeast-1"], "allowedAccounts": ["210987654321"]}
}

to(arn) := judged(answer([]), [{"for": {"logGroupName": "g"}, "result": {"subscriptionFilters": [{"destinationArn": arn}]}}])

test_destinations if {
	to("arn:aws:lambda:ap-northeast-1:123456789012:function:f") == set()
	to("arn:aws:logs:ap-northeast-1:210987654321:destination:d") == set()
	to("arn:aws:logs:us-east-1:210987654321:destination:d") == {"log group g is sent to arn:aws:logs:us-east-1:210987654321:destination:d, outside the allowed regions"}
	to("arn:aws:logs:ap-northeast-1:999988887777:destination:d") == {"log group g is sent to arn:aws:logs:ap-northeast-1:999988887777:destination:d, of an account that is not allowed"}
	every arn in [null, "x", "arn:aws:logs::123456789012:destination:d", "arn:aws:logs:ap-northeast-1::destination:d"] {
		to(arn) == {sprintf("where log group g is sent cannot be told: %v", [arn])}
	}
}

test_no_filters if judged(answer([]), [{"result": {"subscriptionFilters": []}}]) == set()

test_answers_without_their_list if {
	every filters in [[{}], [{"result": {}}], [{"error": {"code": "Anything"}}]] {
		judged(answer([]), filters) == {"the subscription filters of log group unknown cannot be read"}
	}
	judged(answer([]), [{"error": {"code": "ResourceNotFoundException"}}]) == set()
	every groups in [[], answer(null), [{"region": "ap-northeast-1"}]] {
		judged(groups, []) == {"log groups cannot be read in ap-northeast-1"}
	}
}
