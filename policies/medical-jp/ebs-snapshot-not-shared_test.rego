package sekisho_policies.ebs_snapshot_not_shared_test

import data.sekisho_policies.ebs_snapshot_not_shared as policy

defaults := {"allowedAccounts": ["210987654321"], "allowedRegions": ["ap-northeast-1"], "requireBlock": true}

answer(result) := [{"region": "ap-northeast-1", "result": result}]

good := {
	"block_state": answer({"State": "block-all-sharing"}),
	"public_snapshots": answer({"Snapshots": []}),
	"snapshots": answer({"Snapshots": []}),
	"sharing": [],
}

messages(facts, parameters) := {reason.msg |
	some reason in policy.deny with input as {"awsAccountId": "123456789012"}
		with data.facts as object.union(good, facts)
		with data.parameters as parameters
}

shared(answers) := messages({"sharing": answers}, defaults)

test_good if messages({}, defaults) == set()

test_states if {
	messages({"block_state": answer({"State": "block-new-sharing"})}, defaults) == set()
	every result in [{"State": "unblocked"}, {"State": "anything"}, {}] {
		state := object.get(result, "State", "unknown")
		expected := {sprintf("public sharing of snapshots is not blocked in ap-northeast-1 (%s)", [state])}
		messages({"block_state": answer(result)}, defaults) == expected
		messages({"block_state": answer(result)}, object.union(defaults, {"requireBlock": false})) == set()
	}
}

# Public ones that were shared before a block of what is new.
test_public_before_the_block if {
	found := answer({"Snapshots": [{"SnapshotId": "snap-2"}, {"SnapshotId": "snap-1"}]})
	messages({"public_snapshots": found, "block_state": answer({"State": "block-new-sharing"})}, defaults) == {"everybody may restore snap-1, snap-2 (ap-northeast-1)"}
	messages({"public_snapshots": found}, defaults) == set()
}

test_refusals if {
	refused := [{"region": "ap-northeast-1", "error": {"code": "UnauthorizedOperation"}}]
	every name in ["block_state", "public_snapshots"] {
		messages({name: refused}, defaults) == {"snapshots cannot be seen (access denied) in ap-northeast-1"}
		messages({name: []}, defaults) == {"no region was asked for its snapshots"}
	}
}

to(account) := [{"region": "r", "for": {"SnapshotId": "s"}, "result": {"CreateVolumePermissions": [{"UserId": account}]}}]

test_accounts if {
	every account in ["123456789012", "210987654321"] {
		shared(to(account)) == set()
	}
	shared(to("999999999999")) == {"snapshot s (r) is shared with account 999999999999, which is not an allowed account"}
	shared([{"result": {"CreateVolumePermissions": [{"Group": "all"}]}}]) == set()
}

test_answers_without_a_list if {
	expected := {"whom snapshot unknown (unknown) is shared with cannot be seen"}
	every one in [{}, {"result": {}}, {"error": {"code": "Anything"}}] {
		shared([one]) == expected
	}
	shared([{"error": {"code": "InvalidSnapshot.NotFound"}}]) == set()
}

test_list_that_cannot_be_read if {
	messages({"snapshots": answer({})}, defaults) == {"the snapshots of ap-northeast-1 cannot be read"}
	messages({"snapshots": []}, defaults) == set()
}
