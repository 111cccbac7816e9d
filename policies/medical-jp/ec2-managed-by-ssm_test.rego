package sekisho_policies.ec2_managed_by_ssm_test

import data.sekisho_policies.ec2_managed_by_ssm

defaults := {"forbidKeyPair": true, "forbidPublicIp": true, "requireImdsv2": true, "exceptTag": ""}

good := {
	"state": {"code": 16, "name": "running"},
	"networkInterfaces": [{"privateIpAddresses": [{"privateIpAddress": "10.0.1.5", "primary": true}]}],
	"metadataOptions": {"httpTokens": "required", "httpEndpoint": "enabled"},
}

instance(changes) := {"resourceType": "AWS::EC2::Instance", "resourceId": "i-1", "tags": {"Role": "bastion"}, "configuration": object.union(good, changes)}

online := [{"InstanceId": "i-1", "PingStatus": "Online"}, {"InstanceId": "i-2", "PingStatus": "ConnectionLost"}]

messages(document, nodes, changes) := {reason.msg |
	some reason in ec2_managed_by_ssm.deny with input as document
		with data.facts as {"nodes": {"InstanceInformationList": nodes}}
		with data.parameters as object.union(defaults, changes)
}

skipped(document) if ec2_managed_by_ssm.not_applicable with input as document with data.parameters as defaults

test_good if messages(instance({}), online, {}) == set()

test_not_managed if {
	every nodes in [[], null, [online[1]]] {
		messages(instance({}), nodes, {}) == {"the instance is not managed by Systems Manager"}
	}
}

test_connection_lost if {
	every status in ["ConnectionLost", "Inactive"] {
		messages(instance({}), [{"InstanceId": "i-1", "PingStatus": status}], {}) == {sprintf("Systems Manager does not reach the instance (%s)", [status])}
	}
	messages(instance({}), [{"InstanceId": "i-1"}], {}) == {"Systems Manager does not reach the instance (unknown)"}
}

test_states if {
	every name in ["pending", "shutting-down", "terminated", "stopping", "stopped"] {
		skipped(instance({"state": {"name": name}}))
	}
	not skipped(instance({}))
	every state in [null, {"name": null}, {"name": "dreaming"}] {
		not skipped(instance({"state": state}))
		messages(instance({"state": state}), online, {}) == {"the state of the instance is not recorded"}
	}
}

test_key if {
	messages(instance({"keyName": "admin"}), online, {}) == {"the instance has the key pair admin"}
	messages(instance({"keyName": "admin"}), online, {"forbidKeyPair": false}) == set()
	messages(instance({"keyName": ""}), online, {}) == set()
	messages(instance({"keyName": "admin"}), online, {"exceptTag": "Role=bastion"}) == set()
	count(messages(instance({"keyName": "admin"}), online, {"exceptTag": "Role=web"})) == 1
}

test_public_address if {
	expected := {"the instance has a public address (198.51.100.7)"}
	every changes in [
		{"publicIpAddress": "198.51.100.7"},
		{"networkInterfaces": [{"association": {"publicIp": "198.51.100.7"}}]},
		{"networkInterfaces": [{}, {"privateIpAddresses": [{}, {"association": {"publicIp": "198.51.100.7"}}]}]},
	] {
		messages(instance(changes), online, {}) == expected
		messages(instance(changes), online, {"forbidPublicIp": false}) == set()
		messages(instance(changes), online, {"exceptTag": "Role"}) == set()
	}
	messages(instance({"publicIpAddress": ""}), online, {}) == set()
}

test_interfaces_not_recorded if {
	messages(instance({"networkInterfaces": null}), online, {}) == {"the network interfaces are not recorded"}
	messages(instance({"networkInterfaces": null}), online, {"forbidPublicIp": false}) == set()
	messages(instance({"networkInterfaces": null}), online, {"exceptTag": "Role"}) == set()
}

test_imds if {
	messages(instance({"metadataOptions": {"httpTokens": "optional"}}), online, {}) == {"the metadata service answers without a token (httpTokens optional)"}
	messages(instance({"metadataOptions": {"httpTokens": "optional"}}), online, {"requireImdsv2": false}) == set()
	messages(instance({"metadataOptions": {"httpTokens": "optional", "httpEndpoint": "disabled"}}), online, {}) == set()
	messages(instance({"metadataOptions": null}), online, {}) == {"the metadata options are not recorded"}
	messages(instance({"metadataOptions": {"httpTokens": null, "httpEndpoint": "disabled"}}), online, {}) == set()
	messages(instance({"metadataOptions": null}), online, {"requireImdsv2": false}) == set()
}

test_exception_does_not_free_from_the_rest if {
	messages(instance({"metadataOptions": {"httpTokens": "optional"}}), [], {"exceptTag": "Role"}) == {
		"the instance is not managed by Systems Manager",
		"the metadata service answers without a token (httpTokens optional)",
	}
}
