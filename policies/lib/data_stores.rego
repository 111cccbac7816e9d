# METADATA
# title: Data stores, as AWS Backup sees them
# description: >-
#   Which ARNs a backup of a data store may be made under, and by which name AWS Backup is opted in to its kind.
# scope: package
package sekisho.data_stores

import data.sekisho.decode

# The kinds of clusters that have a name of their own; the others are Multi-AZ DB clusters of RDS.
cluster_services := {"aurora": "Aurora", "docdb": "DocumentDB", "neptune": "Neptune"}

services := {
	"AWS::DynamoDB::Table": "DynamoDB",
	"AWS::EC2::Volume": "EBS",
	"AWS::EFS::FileSystem": "EFS",
	"AWS::RDS::DBInstance": "RDS",
	"AWS::S3::Bucket": "S3",
}

# The resource itself and, for a volume, the instances that it is attached to: their backup contains it.
# `instances` is data.inventory["AWS::EC2::Instance"].
targets(item, instances) := array.concat(
	[{
		"arn": object.get(item, "ARN", null),
		"tags": object.get(item, "tags", {}),
		"service": service(item),
	}],
	[{"arn": object.get(instance, "ARN", null), "tags": object.get(instance, "tags", {}), "service": "EC2"} |
		object.get(item, "resourceType", "") == "AWS::EC2::Volume"
		some attachment in decode.list(object.get(item, ["configuration", "attachments"], null))
		instance := object.get(instances, object.get(attachment, "instanceId", ""), null)
		is_object(instance)
	],
)

# The name in AWS Backup's settings of the region.
service(item) := name if {
	name := services[object.get(item, "resourceType", "")]
} else := name if {
	some prefix, name in cluster_services
	startswith(object.get(item, ["configuration", "engine"], ""), prefix)
} else := "RDS"

# A member of a cluster of databases holds no data of its own: the cluster is backed up.
member_of_cluster(item) if {
	object.get(item, "resourceType", "") == "AWS::RDS::DBInstance"
	not object.get(item, ["configuration", "dBClusterIdentifier"], null) in {null, ""}
}
