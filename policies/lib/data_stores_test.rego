package sekisho.data_stores_test

import data.sekisho.data_stores

volume := {
	"resourceType": "AWS::EC2::Volume",
	"ARN": "arn:aws:ec2:ap-northeast-1:123456789012:volume/vol-1",
	"tags": {"a": "b"},
	"configuration": {"attachments": [{"instanceId": "i-1"}, {"instanceId": "i-2"}, {}]},
}

instances := {
	"i-1": {"ARN": "arn:aws:ec2:ap-northeast-1:123456789012:instance/i-1", "tags": {"c": "d"}},
	"i-3": {"ARN": "arn:aws:ec2:ap-northeast-1:123456789012:instance/i-3", "tags": {}},
}

own := {"arn": "arn:aws:ec2:ap-northeast-1:123456789012:volume/vol-1", "tags": {"a": "b"}, "service": "EBS"}

test_volume_and_its_instances if {
	data_stores.targets(volume, instances) == [
		own,
		{"arn": "arn:aws:ec2:ap-northeast-1:123456789012:instance/i-1", "tags": {"c": "d"}, "service": "EC2"},
	]
}

test_volume_alone if {
	data_stores.targets(volume, {}) == [own]
	data_stores.targets(object.remove(volume, ["configuration"]), instances) == [own]
}

test_other_types_have_no_instances if {
	table := object.union(volume, {"resourceType": "AWS::DynamoDB::Table"})
	count(data_stores.targets(table, instances)) == 1
}

test_fields_missing if data_stores.targets({}, {}) == [{"arn": null, "tags": {}, "service": "RDS"}]

test_services if {
	every kind, name in {
		"AWS::DynamoDB::Table": "DynamoDB", "AWS::EC2::Volume": "EBS", "AWS::EFS::FileSystem": "EFS",
		"AWS::RDS::DBInstance": "RDS", "AWS::S3::Bucket": "S3",
	} {
		data_stores.service({"resourceType": kind}) == name
	}
	every engine, name in {
		"aurora-mysql": "Aurora", "aurora-postgresql": "Aurora", "docdb": "DocumentDB", "neptune": "Neptune",
		"mysql": "RDS", "postgres": "RDS",
	} {
		data_stores.service({"resourceType": "AWS::RDS::DBCluster", "configuration": {"engine": engine}}) == name
	}
}

test_member_of_cluster if {
	item := {"resourceType": "AWS::RDS::DBInstance", "configuration": {"dBClusterIdentifier": "portal"}}
	data_stores.member_of_cluster(item)
	not data_stores.member_of_cluster(object.union(item, {"resourceType": "AWS::RDS::DBCluster"}))
	every value in [null, ""] {
		not data_stores.member_of_cluster(object.union(item, {"configuration": {"dBClusterIdentifier": value}}))
	}
	not data_stores.member_of_cluster({"resourceType": "AWS::RDS::DBInstance"})
}
