package sekisho_policies.vpc_flow_logs_enabled_test

import data.sekisho_policies.vpc_flow_logs_enabled

defaults := {
	"allowedRegions": ["ap-northeast-1", "ap-northeast-3"],
	"trafficType": "ALL",
	"requiredFormatFields": [],
	"externalBuckets": [],
	"skipUnusedDefaultVpc": true,
}

vpc := {"resourceId": "vpc-1", "awsRegion": "ap-northeast-1", "configuration": {"isDefault": false}}

log := {
	"FlowLogId": "fl-1",
	"ResourceId": "vpc-1",
	"FlowLogStatus": "ACTIVE",
	"DeliverLogsStatus": "SUCCESS",
	"TrafficType": "ALL",
	"LogDestinationType": "cloud-watch-logs",
	"LogGroupName": "flow",
	"LogFormat": "${version} ${srcaddr}",
}

two_subnets := [{"SubnetId": "subnet-a", "VpcId": "vpc-1"}, {"SubnetId": "subnet-b", "VpcId": "vpc-1"}, {"SubnetId": "subnet-x", "VpcId": "vpc-2"}]

given(logs, subnets) := {"flow_logs": {"FlowLogs": logs}, "subnets": {"Subnets": subnets}, "network_interfaces": {"NetworkInterfaces": []}}

buckets := {"AWS::S3::Bucket": {
	"here": {"awsRegion": "ap-northeast-1"},
	"abroad": {"awsRegion": "us-east-1"},
	"blank": {"awsRegion": null},
}}

messages(facts, parameters) := {reason.msg |
	some reason in vpc_flow_logs_enabled.deny with input as vpc
		with data.facts as facts
		with data.inventory as buckets
		with data.parameters as parameters
}

of(changes) := messages(given([object.union(log, changes)], two_subnets), defaults)

test_in_order if of({}) == set()

test_no_log if {
	every facts in [given([], two_subnets), given(null, null), {"flow_logs": {}, "subnets": {}, "network_interfaces": {}}, given([object.union(log, {"ResourceId": "vpc-2"})], [])] {
		messages(facts, defaults) == {"the VPC has no flow log"}
	}
}

test_fields_missing if {
	facts := given([{"ResourceId": "vpc-1"}], two_subnets)
	messages(facts, defaults) == {
		"flow log unknown: it is not active: unknown",
		"flow log unknown: its delivery does not succeed: unknown",
		"flow log unknown: it records unknown traffic alone",
		"flow log unknown: the region of its destination is unknown: null",
	}
}

test_traffic if {
	of({"TrafficType": "REJECT"}) == {"flow log fl-1: it records REJECT traffic alone"}
	reject := object.union(defaults, {"trafficType": "REJECT"})
	messages(given([object.union(log, {"TrafficType": "REJECT"})], []), reject) == set()
	messages(given([log], []), reject) == set()
	messages(given([object.union(log, {"TrafficType": "ACCEPT"})], []), reject) == {"flow log fl-1: it records ACCEPT traffic alone"}
}

test_format if {
	required := object.union(defaults, {"requiredFormatFields": ["srcaddr", "pkt-srcaddr"]})
	messages(given([log], []), required) == {"flow log fl-1: its format lacks pkt-srcaddr"}
	full := object.union(log, {"LogFormat": "${srcaddr} ${pkt-srcaddr}"})
	messages(given([full], []), required) == set()
	messages(given([object.remove(log, ["LogFormat"])], []), required) == {"flow log fl-1: its format lacks pkt-srcaddr, srcaddr"}
}

bucket_log(name) := {"LogDestinationType": "s3", "LogDestination": sprintf("arn:aws:s3:::%s/vpc", [name]), "LogGroupName": null}

test_buckets if {
	of(bucket_log("here")) == set()
	of(bucket_log("abroad")) == {"flow log fl-1: it is delivered to us-east-1, not an allowed region (ap-northeast-1, ap-northeast-3)"}
	every name in ["blank", "gone"] {
		of(bucket_log(name)) == {sprintf("flow log fl-1: the region of its destination is unknown: arn:aws:s3:::%s/vpc", [name])}
	}
	of({"LogDestinationType": "s3", "LogDestination": null}) == {"flow log fl-1: the region of its destination is unknown: null"}
}

test_external_bucket if {
	external := object.union(defaults, {"externalBuckets": ["gone", "abroad"]})
	messages(given([object.union(log, bucket_log("gone"))], []), external) == set()
	count(messages(given([object.union(log, bucket_log("abroad"))], []), external)) == 1
}

test_other_destinations if {
	of({"LogDestination": "arn:aws:logs:ap-northeast-1:123456789012:log-group:flow", "LogGroupName": null}) == set()
	of({"LogDestination": "arn:aws:logs:us-east-1:123456789012:log-group:flow"}) == {"flow log fl-1: it is delivered to us-east-1, not an allowed region (ap-northeast-1, ap-northeast-3)"}
	stream := "arn:aws:firehose:us-east-1:123456789012:deliverystream/flow"
	of({"LogDestinationType": "kinesis-data-firehose", "LogDestination": stream}) == {"flow log fl-1: it is delivered to us-east-1, not an allowed region (ap-northeast-1, ap-northeast-3)"}
	of({"LogDestinationType": "kinesis-data-firehose", "LogDestination": "x"}) == {"flow log fl-1: the region of its destination is unknown: x"}
	of({"LogGroupName": ""}) == {"flow log fl-1: the region of its destination is unknown: null"}
}

# Logs of an older kind say no type.
test_log_group_without_type if {
	messages(given([object.remove(log, ["LogDestinationType"])], []), defaults) == set()
}

subnet_log(id, subnet, changes) := object.union(object.union(log, {"FlowLogId": id, "ResourceId": subnet}), changes)

test_all_subnets_covered if {
	logs := [subnet_log("fl-a", "subnet-a", {}), subnet_log("fl-b", "subnet-b", {})]
	messages(given(logs, two_subnets), defaults) == set()
}

test_one_subnet_bare if {
	messages(given([subnet_log("fl-a", "subnet-a", {})], [two_subnets[0]]), defaults) == set()
	messages(given([subnet_log("fl-a", "subnet-a", {})], two_subnets), defaults) == {"the VPC has no flow log of its own, and these subnets have none either: subnet-b"}
}

test_one_subnet_with_a_broken_log if {
	logs := [subnet_log("fl-a", "subnet-a", {}), subnet_log("fl-b", "subnet-b", {"DeliverLogsStatus": "FAILED", "DeliverLogsErrorMessage": "Access error"})]
	messages(given(logs, two_subnets), defaults) == {"flow log fl-b: its delivery does not succeed: Access error"}
}

test_subnets_make_up_for_a_broken_log_of_the_vpc if {
	logs := [object.union(log, {"FlowLogStatus": "X"}), subnet_log("fl-a", "subnet-a", {}), subnet_log("fl-b", "subnet-b", {})]
	messages(given(logs, two_subnets), defaults) == set()
	messages(given([logs[0], logs[1]], two_subnets), defaults) == {"flow log fl-1: it is not active: X"}
}

test_the_log_of_the_vpc_makes_up_for_subnets if {
	logs := [log, subnet_log("fl-a", "subnet-a", {"TrafficType": "REJECT"})]
	messages(given(logs, two_subnets), defaults) == set()
}

# No subnets are not "every subnet".
test_vpc_without_subnets if {
	messages(given([object.union(log, {"FlowLogStatus": "X"})], []), defaults) == {"flow log fl-1: it is not active: X"}
}

test_logs_of_interfaces_do_not_count if {
	messages(given([object.union(log, {"ResourceId": "eni-1"})], two_subnets), defaults) == {"the VPC has no flow log"}
}

skipped(is_default, interfaces, skip) if {
	vpc_flow_logs_enabled.not_applicable with input as object.union(vpc, {"configuration": {"isDefault": is_default}})
		with data.facts as {"network_interfaces": {"NetworkInterfaces": interfaces}}
		with data.parameters as object.union(defaults, {"skipUnusedDefaultVpc": skip})
}

test_unused_default_vpc if {
	skipped(true, [], true)
	skipped(true, [{"VpcId": "vpc-2"}], true)
	not skipped(true, [{"VpcId": "vpc-1"}], true)
	not skipped(true, [{"NetworkInterfaceId": "eni-1"}], true)
	not skipped(true, null, true)
	not skipped(false, [], true)
	not skipped(null, [], true)
	not skipped(true, [], false)
}

test_not_known_to_be_the_default if {
	not vpc_flow_logs_enabled.not_applicable with input as {"resourceId": "vpc-1"}
		with data.facts as {"network_interfaces": {"NetworkInterfaces": []}}
		with data.parameters as defaults
}

test_reasons_are_in_both_languages if {
	facts := given([{"ResourceId": "subnet-a", "LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::abroad"}], two_subnets)
	denied := vpc_flow_logs_enabled.deny with input as vpc
		with data.facts as facts
		with data.inventory as buckets
		with data.parameters as object.union(defaults, {"requiredFormatFields": ["srcaddr"]})
	count(denied) == 6
	every reason in denied {
		reason.msg_ja != ""
	}
}
