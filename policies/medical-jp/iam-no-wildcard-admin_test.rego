package sekisho_policies.iam_no_wildcard_admin_test

import data.sekisho_policies.iam_no_wildcard_admin as policy

parameters := {"approvedAdminPrincipals": [], "sensitiveServices": ["iam", "kms"]}

item(statements) := {
	"resourceType": "AWS::IAM::Policy",
	"configuration": {"policyVersionList": [{"isDefaultVersion": true, "document": {"Statement": statements}}]},
}

messages(given) := {reason.msg | some reason in policy.deny with input as given with data.parameters as parameters}

everything := {"the policy allows every action on all resources"}

statement := {"Effect": "Allow", "Action": "*", "Resource": "*"}

test_everything_however_written if {
	every action in ["*", "**", "*:*", ["s3:Get*", "*"]] {
		messages(item([object.union(statement, {"Action": action})])) == everything
	}
}

test_text_however_written if {
	every document in [
		`{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`,
		`{"Statement": [{"Effect": "Allow", "Action": ["s3:Get*", "**"], "Resource": ["*"]}]}`,
		`{"Statement": {"Effect": "Allow", "Action": "*:*", "Resource": "*"}}`,
		`{"Statement": {"Effect": "Allow", "Action": "\u002a", "Resource": "\u002A"}}`,
		`%7B%22Statement%22:%7B%22Effect%22:%22Allow%22,%22Action%22:%22*%22,%22Resource%22:%22%2A%22%7D%7D`,
	] {
		version := {"isDefaultVersion": true, "document": document}
		given := {"resourceType": "AWS::IAM::Policy", "configuration": {"policyVersionList": [version]}}
		messages(given) == everything
	}
}

test_text_with_exceptions if {
	# There need be no asterisk.
	resources := [`"Resource": "arn:aws:*:*:*:*"`, `"NotResource": "arn:aws:s3:::kept"`]
	every text in [[name, resource] | some name in ["NotAction", `\u004eotAction`]; some resource in resources] {
		document := sprintf(`{"Statement": {"Effect": "Allow", "%s": "iam:Get", %s}}`, text)
		version := {"isDefaultVersion": true, "document": document}
		given := {"resourceType": "AWS::IAM::Policy", "configuration": {"policyVersionList": [version]}}
		messages(given) == {"the policy allows every action but iam:Get"}
	}
}

test_nearly_everything_is_not_everything if {
	every action in ["s3:*", "*:Get*", "s3*", "*:", "", "*x", "kms:*Key"] {
		messages(item([object.union(statement, {"Action": action})])) == set()
	}
}

test_what_stands_beside_all_of_a_harmless_service_is_looked_at_too if {
	every action in ["*:Get*", "*x", "kms:*Key", "kms:Get*", "*:"] {
		messages(item([object.union(statement, {"Action": [action, "logs:*"]})])) == set()
	}
	messages(item([object.union(statement, {"Action": ["logs:*", "kms:*"]})])) == {"the policy allows kms:* on all resources"}
}

test_all_resources_however_written if {
	every resource in ["*", "**", ["arn:aws:s3:::karte", "*"], "arn:aws:*:*:*:*", "arn:aws:*:::*"] {
		messages(item([object.union(statement, {"Resource": resource})])) == everything
	}
}

test_not_all_resources if {
	every resource in ["arn:aws:s3:::*", "arn:aws:*:*:*:karte", "arn:*", "", null, []] {
		messages(item([object.union(statement, {"Resource": resource})])) == set()
	}
}

test_service_however_written if {
	every action in ["kms:*", "KMS:*", "k?s:*", "k*:**"] {
		messages(item([object.union(statement, {"Action": action})])) == {"the policy allows kms:* on all resources"}
	}
}

test_effect_has_to_be_allow if {
	every effect in ["Deny", null, "allow"] {
		messages(item([object.union(statement, {"Effect": effect})])) == set()
	}
	messages(item([object.remove(statement, ["Effect"])])) == set()
}

test_deny_in_another_document_takes_nothing_away if {
	given := {"resourceType": "AWS::IAM::User", "configuration": {
		"attachedManagedPolicies": [],
		"userPolicyList": [
			{"policyName": "a", "policyDocument": {"Statement": [statement]}},
			{"policyName": "b", "policyDocument": {"Statement": [object.union(statement, {"Effect": "Deny"})]}},
		],
	}}
	messages(given) == {"inline policy a allows every action on all resources"}
}

test_deny_with_empty_condition if {
	every condition in [{}, null] {
		messages(item([statement, object.union(statement, {"Effect": "Deny", "Condition": condition})])) == set()
	}
}

test_deny_of_service_is_not_deny_of_everything if {
	messages(item([statement, object.union(statement, {"Effect": "Deny", "Action": "iam:*"})])) == everything
}

test_deny_by_prefix_of_service if {
	allowed := object.union(statement, {"Action": "kms:*"})
	messages(item([allowed, object.union(statement, {"Effect": "Deny", "Action": "K*:*"})])) == set()
	messages(item([allowed, object.union(statement, {"Effect": "Deny", "Action": "kms:Decrypt"})])) == {"the policy allows kms:* on all resources"}
}

test_not_action_of_deny_by_prefix if {
	allowed := object.union(statement, {"Action": "kms:*"})
	denied := {"Effect": "Deny", "NotAction": "K*:Decrypt", "Resource": "*"}
	messages(item([allowed, denied])) == {"the policy allows kms:* on all resources"}
}

test_empty_not_action_of_deny_says_nothing if {
	messages(item([statement, {"Effect": "Deny", "NotAction": [], "Resource": "*"}])) == everything
}

test_version_in_force if {
	old := {"isDefaultVersion": false, "document": {"Statement": [statement]}}
	given := {"resourceType": "AWS::IAM::Policy", "configuration": {"policyVersionList": [old]}}
	messages(given) == {"the version of the policy that is in force is not recorded"}
}

test_unnamed_inline_policy if {
	given := {"resourceType": "AWS::IAM::Group", "configuration": {
		"attachedManagedPolicies": [{}],
		"groupPolicyList": [{"policyDocument": {"Statement": [statement]}}],
	}}
	messages(given) == {"inline policy (no name) allows every action on all resources"}
}

test_boundary_count_unknown if {
	given := {"resourceType": "AWS::IAM::Policy", "configuration": {"attachmentCount": 0, "permissionsBoundaryUsageCount": null}}
	not policy.not_applicable with input as given with data.parameters as parameters
	bounded := {"resourceType": "AWS::IAM::Policy", "configuration": {"attachmentCount": 0, "permissionsBoundaryUsageCount": 1}}
	policy.not_applicable with input as bounded with data.parameters as parameters
	unknown := {"resourceType": "AWS::IAM::Policy", "configuration": {"permissionsBoundaryUsageCount": 1}}
	not policy.not_applicable with input as unknown with data.parameters as parameters
}

test_fields_of_other_types if {
	administrator := [{"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}]
	versions := [{"isDefaultVersion": true, "document": {"Statement": [statement]}}]
	role := {"attachedManagedPolicies": [], "rolePolicyList": [], "policyVersionList": versions}
	messages({"resourceType": "AWS::IAM::Role", "configuration": role}) == set()
	narrow := {"policyVersionList": [{"isDefaultVersion": true, "document": {"Statement": [object.union(statement, {"Action": "s3:GetObject"})]}}]}
	messages({"resourceType": "AWS::IAM::Policy", "configuration": object.union(narrow, {"attachedManagedPolicies": administrator})}) == set()
}

test_action_of_three_parts_is_none if {
	every action in ["kms:*:x", "kms:*:*"] {
		messages(item([object.union(statement, {"Action": action})])) == set()
	}
}

test_one_exception if {
	allowed := {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
	messages(item([allowed])) == {"the policy allows every action but iam:*"}
	messages(item([allowed, object.union(statement, {"Effect": "Deny"})])) == set()
}

test_service_has_to_be_allowed if {
	denied := {"Effect": "Deny", "Action": "kms:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
	messages(item([denied])) == set()
}

# No service has a name of one character.
test_deny_of_what_does_not_exist if {
	messages(item([statement, object.union(statement, {"Effect": "Deny", "Action": "?:*"})])) == everything
	messages(item([statement, {"Effect": "Deny", "NotAction": "?:Get*", "Resource": "*"}])) == set()
}

test_approved_by_name_alone if {
	given := {"resourceType": "AWS::IAM::Role", "resourceName": "operator", "ARN": "arn:aws:iam::123456789012:role/operator", "configuration": {}}
	not policy.not_applicable with input as given with data.parameters as {"approvedAdminPrincipals": ["administrator"]}
	policy.not_applicable with input as given with data.parameters as {"approvedAdminPrincipals": ["administrator", "operator"]}
	policy.not_applicable with input as given with data.parameters as {"approvedAdminPrincipals": ["arn:aws:iam::*:role/operator"]}
}

test_exemptions_are_for_their_types if {
	linked := {"resourceType": "AWS::IAM::User", "configuration": {"path": "/aws-service-role/x/"}}
	not policy.not_applicable with input as linked with data.parameters as parameters
	bounded := {"attachmentCount": 0, "permissionsBoundaryUsageCount": 1}
	not policy.not_applicable with input as {"resourceType": "AWS::IAM::User", "configuration": bounded} with data.parameters as parameters
	text := {"attachmentCount": 0, "permissionsBoundaryUsageCount": "1"}
	not policy.not_applicable with input as {"resourceType": "AWS::IAM::Policy", "configuration": text} with data.parameters as parameters
}
