package sekisho_policies.{{package}}_test

import data.sekisho_policies.{{package}} as policy

messages(tags) := {reason.msg | some reason in policy.deny with input as {"tags": tags}}

test_with_an_owner if messages({"Owner": "platform"}) == set()

test_without_an_owner if {
	every tags in [{}, {"Owner": ""}, {"owner": "platform"}] {
		messages(tags) == {"the tag Owner is missing"}
	}
}
