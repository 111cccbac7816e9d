package sekisho_policies.iam_cross_account_trust_known_test

import data.sekisho_policies.iam_cross_account_trust_known as policy

defaults := {
	"knownAccounts": ["210987654321"],
	"knownOrganizations": ["o-abcdefghij"],
	"vendorAccounts": {"999988887777": "C-2026-014"},
	"knownProviders": ["arn:aws:iam::*:saml-provider/AWSSSO_*", "arn:aws:iam::*:oidc-provider/id.example.jp", "cognito-identity.amazonaws.com"],
	"requireExternalId": true,
}

role(statement) := {
	"awsAccountId": "123456789012",
	"configuration": {"path": "/", "assumeRolePolicyDocument": {"Statement": [statement]}},
}

messages(item) := {reason.msg | some reason in policy.deny with input as item with data.parameters as defaults}

of(statement) := messages(role(object.union({"Effect": "Allow"}, statement)))

anyone := {"trusts every AWS account, and no condition holds it to known ones"}

test_services if of({"Principal": {"Service": "config.amazonaws.com"}}) == set()

test_spellings_of_an_account if {
	every name in ["210987654321", "arn:aws:iam::210987654321:root", "arn:aws:iam::123456789012:role/x", "arn:aws:sts::123456789012:assumed-role/x/y"] {
		of({"Principal": {"AWS": name}}) == set()
		of({"Principal": {"AWS": [name]}}) == set()
	}
	every name in ["111122223333", "arn:aws:iam::111122223333:root", "arn:aws-cn:iam::111122223333:user/x"] {
		of({"Principal": {"AWS": ["123456789012", name]}}) == {"trusts account 111122223333, which is neither known nor of a vendor under contract"}
	}
}

test_principals_that_are_gone if {
	every name in ["AROAIY7FPU7KRV7IZBNPC", "21098765432", "2109876543210", "arn:aws:iam::x:root", 7] {
		of({"Principal": {"AWS": name}}) == {sprintf("trusts %v, which no longer exists or names no account", [name])}
	}
}

test_everybody if {
	every principal in ["*", {"AWS": "*"}, {"AWS": ["123456789012", "*"]}] {
		of({"Principal": principal}) == anyone
	}
}

# Only what holds everybody of the statement.
test_conditions_on_everybody if {
	every operator in ["StringEquals", "stringEquals", "StringEqualsIgnoreCase"] {
		of({"Principal": "*", "Condition": {operator: {"aws:PrincipalOrgID": "o-abcdefghij"}}}) == set()
		of({"Principal": "*", "Condition": {operator: {"AWS:principalaccount": ["123456789012", "210987654321", "999988887777"]}}}) == set()
	}
	every condition in [
		{"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefghij"}},
		{"StringLike": {"aws:PrincipalOrgID": "o-abcdefghij"}},
		{"StringEquals": {"aws:PrincipalOrgID": "o-zzzzzzzzzz"}},
		{"StringEquals": {"aws:PrincipalOrgID": ["o-abcdefghij", "o-zzzzzzzzzz"]}},
		{"StringEquals": {"aws:PrincipalOrgID": []}},
		{"StringEquals": {"aws:PrincipalAccount": "111122223333"}},
		{"StringEquals": {"aws:SourceAccount": "123456789012"}},
		{"StringEquals": "x"},
		"x",
	] {
		of({"Principal": "*", "Condition": condition}) == anyone
	}
}

test_vendors if {
	vendor := {"Principal": {"AWS": "arn:aws:iam::999988887777:root"}}
	without := {"trusts the vendor of account 999988887777 (contract C-2026-014) without an external id"}
	of(vendor) == without
	of(object.union(vendor, {"Condition": {"StringEquals": {"sts:ExternalId": "x"}}})) == set()
	of(object.union(vendor, {"Condition": {"StringEquals": {"STS:externalid": ["x"]}}})) == set()
	every condition in [{"StringLike": {"sts:ExternalId": "*"}}, {"StringEquals": {"sts:ExternalId": []}}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}] {
		of(object.union(vendor, {"Condition": condition})) == without
	}
}

# An account of the own organization needs no external id, even if it is a vendor's.
test_known_vendor if {
	parameters := object.union(defaults, {"knownAccounts": ["999988887777"]})
	item := role({"Effect": "Allow", "Principal": {"AWS": "999988887777"}})
	found := policy.deny with input as item with data.parameters as parameters
	count(found) == 0
}

test_saml if {
	of({"Principal": {"Federated": "arn:aws:iam::123456789012:saml-provider/AWSSSO_x"}}) == set()
	of({"Principal": {"Federated": "arn:aws:iam::210987654321:saml-provider/AWSSSO_x"}}) == set()
	every name in ["arn:aws:iam::111122223333:saml-provider/AWSSSO_x", "arn:aws:iam::123456789012:saml-provider/x"] {
		of({"Principal": {"Federated": name}}) == {sprintf("trusts the identity provider %s, which is not a known one", [name])}
	}
}

test_openid_connect if {
	name := "arn:aws:iam::123456789012:oidc-provider/id.example.jp"
	all_users := {sprintf("trusts all users of %s: no condition says for whom (sub or aud)", [name])}
	every operator in ["StringEquals", "StringLike"] {
		of({"Principal": {"Federated": name}, "Condition": {operator: {"ID.example.jp:sub": "repo:emr/*"}}}) == set()
	}
	every condition in [
		{},
		{"StringLike": {"id.example.jp:sub": "*"}},
		{"StringLike": {"id.example.jp:sub": ["x", "*"]}},
		{"StringEquals": {"id.example.jp:sub": []}},
		{"StringEquals": {"other.example.jp:sub": "x"}},
		{"StringNotEquals": {"id.example.jp:sub": "x"}},
	] {
		of({"Principal": {"Federated": name}, "Condition": condition}) == all_users
	}
}

test_web_identity if {
	principal := {"Federated": "cognito-identity.amazonaws.com"}
	of({"Principal": principal, "Condition": {"StringEquals": {"cognito-identity.amazonaws.com:aud": "x"}}}) == set()
	of({"Principal": principal}) == {"trusts all users of cognito-identity.amazonaws.com: no condition says for whom (sub or aud)"}
}

test_denials_trust_nobody if {
	of({"Effect": "Deny", "Principal": "*"}) == set()
	of({"Effect": null, "Principal": "*"}) == anyone
}

test_not_principal if {
	of({"NotPrincipal": {"AWS": "123456789012"}}) == {"trusts whoever is not named (NotPrincipal)"}
}

test_no_principal if {
	every principal in [null, {}, [], {"CanonicalUser": "x"}, {"AWS": []}] {
		of({"Principal": principal}) == {"the trust policy names no principal that can be read"}
	}
}

test_not_recorded if {
	every document in [null, "", {}, {"Statement": []}, "not json"] {
		messages({"awsAccountId": "123456789012", "configuration": {"assumeRolePolicyDocument": document}}) == {"the trust policy is not recorded"}
	}
	messages({"awsAccountId": "123456789012", "configuration": null}) == {"the trust policy is not recorded"}
}

test_encoded_document if {
	text := "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%22*%22%7D%7D"
	messages({"awsAccountId": "123456789012", "configuration": {"assumeRolePolicyDocument": text}}) == anyone
}

test_service_linked_roles if {
	policy.not_applicable with input as {"configuration": {"path": "/aws-service-role/config.amazonaws.com/"}}
	not policy.not_applicable with input as role({})
	not policy.not_applicable with input as {"configuration": {}}
}
