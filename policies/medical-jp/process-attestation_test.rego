package sekisho_policies.process_attestation_test

import data.sekisho_policies.process_attestation

good := {"id": "training", "approver": "安全管理責任者", "doneOn": "2026-04-10", "expiresOn": "2027-03-31", "evidenceUri": "s3://evidence/training.pdf"}

messages(document, now) := {reason.msg |
	some reason in process_attestation.deny with input as {}
		with data.facts as {"register": {"document": document}, "now": now}
		with data.parameters as {"demands": ["training"]}
}

of(changes) := messages([object.union(good, changes)], "2026-11-23T01:00:00.000Z")

today := "2026-11-23T01:00:00.000Z"

test_every_form_of_the_register if {
	every document in [[good], {"items": [good]}, {"attestations": [good]}, {"training": good}, {"items": {"training": good}}] {
		messages(document, today) == set()
	}
	every name in ["id", "item", "demand", "name"] {
		messages([object.union(object.remove(good, ["id"]), {name: "training"})], today) == set()
	}
}

test_missing if {
	every document in [[], {}, {"items": []}, [object.union(good, {"id": "other"})], ["training"], {"training": "yes"}] {
		messages(document, today) == {"training: there is no attestation"}
	}
}

test_no_register if {
	every document in [null, "text", 1] {
		messages(document, today) == {"the register is no list of attestations", "training: there is no attestation"}
	}
}

test_what_an_entry_must_say if {
	every approver in [null, "", " ", {}, {"name": ""}, 1] {
		of({"approver": approver}) == {"training: it names no approver"}
	}
	of({"approver": {"name": "管理者"}}) == set()
	messages([object.remove(good, ["approver"])], today) == {"training: it names no approver"}
	messages([object.remove(good, ["evidenceUri"])], today) == {"training: it does not say where the evidence is"}
	messages([object.remove(good, ["doneOn"])], today) == {"training: its doneOn is not a date"}
	messages([object.remove(good, ["expiresOn"])], today) == {"training: its expiresOn is not a date"}
	every bad in ["", "2026/04/10", "2026-13-01", "2026-00-01", "2026-01-32", "2026-02-30", "2026-02-29", "2026-04-31", "2026-04-10T00:00:00Z", 20260410] {
		of({"doneOn": bad}) == {"training: its doneOn is not a date"}
		of({"expiresOn": bad}) == {"training: its expiresOn is not a date"}
	}
}

test_the_last_day_counts_in_japan if {
	messages([good], "2027-03-31T14:59:59.000Z") == set()
	messages([good], "2027-03-31T15:00:00.000Z") == {"training: overdue since 2027-03-31"}
	of({"doneOn": "2026-11-23"}) == set()
	of({"doneOn": "2026-11-24"}) == {"training: done on 2026-11-24, in the future"}
	of({"expiresOn": null, "nextReview": "2027-03-31"}) == set()
	of({"expiresOn": null, "nextReview": "2026-03-31"}) == {"training: overdue since 2026-03-31"}
}

test_the_day_of_a_leap_year if {
	of({"expiresOn": "2028-02-29"}) == set()
	of({"doneOn": "2024-02-29"}) == set()
}

test_the_entry_that_counts_longest if {
	old := object.union(good, {"expiresOn": "2026-03-31"})
	messages([old, good], today) == set()
	messages([good, object.union(good, {"expiresOn": "2028-03-31", "approver": ""})], today) == {"training: it names no approver"}
	messages([good, object.union(good, {"expiresOn": "someday"})], today) == set()
	messages([object.union(good, {"approver": ""}), good], today) == set()
}

test_reasons_are_in_both_languages if {
	every document in [null, [{"id": "training"}], [object.union(good, {"doneOn": "2030-01-01", "expiresOn": "2020-01-01"})]] {
		reasons := process_attestation.deny with input as {}
			with data.facts as {"register": {"document": document}, "now": today}
			with data.parameters as {"demands": ["training"]}
		count(reasons) > 1
		every reason in reasons {
			reason.msg_ja != reason.msg
		}
	}
}
