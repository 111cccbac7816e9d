# METADATA
# title: RDS and Aurora accept connections over TLS only
# description: >-
#   A database that also speaks without TLS will be spoken to without TLS. Looked at is the parameter that
#   forces it, in the parameter group in use: rds.force_ssl for PostgreSQL and SQL Server,
#   require_secure_transport for MySQL and MariaDB, tls for DocumentDB; whether the group is applied or waits
#   for a reboot; and the certificate authority. An instance of a cluster is judged by its cluster. Neptune
#   forces TLS by itself since release 1.1. Oracle and Db2 force it elsewhere than in a parameter group: they
#   are denied unless named in confirmedDatabases.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
#   - https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBParameters.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/rds-postgres-instance-encrypted-in-transit.html
# custom:
#   id: rds-force-ssl
#   title_ja: RDSへの接続でTLSを強制している
#   severity: high
#   trigger: periodic
#   resource_types:
#     - AWS::RDS::DBInstance
#     - AWS::RDS::DBCluster
#   parameters:
#     type: object
#     properties:
#       allowedCAs:
#         type: array
#         items:
#           type: string
#         default: [rds-ca-rsa2048-g1, rds-ca-rsa4096-g1, rds-ca-ecc384-g1]
#         description: Certificate authorities that are valid; empty does not judge them
#         description_ja: 使用を認める認証局(CA)。空なら判定しない
#       confirmedDatabases:
#         type: array
#         items:
#           type: string
#         default: []
#         description: Identifiers of databases whose engine forces TLS elsewhere and that were confirmed
#         description_ja: パラメータグループ以外でTLSを強制しており、確認済みのDB識別子
#   facts:
#     instances: {provider: aws-api, service: rds, action: DescribeDBInstances}
#     clusters: {provider: aws-api, service: rds, action: DescribeDBClusters}
#     instance_parameters:
#       provider: aws-api
#       service: rds
#       action: DescribeDBParameters
#       for_each:
#         fact: instances
#         items: DBInstances.DBParameterGroups
#         parameters: {DBParameterGroupName: DBParameterGroupName}
#       tolerate: [DBParameterGroupNotFound]
#     cluster_parameters:
#       provider: aws-api
#       service: rds
#       action: DescribeDBClusterParameters
#       for_each:
#         fact: clusters
#         items: DBClusters
#         parameters: {DBClusterParameterGroupName: DBClusterParameterGroup}
#       tolerate: [DBParameterGroupNotFound]
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "13.3"
#       confidence: M
#   remediation: >-
#     Set the parameter in a group of your own: aws rds modify-db-parameter-group --db-parameter-group-name NAME
#     --parameters ParameterName=rds.force_ssl,ParameterValue=1,ApplyMethod=pending-reboot (clusters:
#     aws rds modify-db-cluster-parameter-group --db-cluster-parameter-group-name NAME), then reboot. Renew the
#     CA: aws rds modify-db-instance --db-instance-identifier NAME --ca-certificate-identifier rds-ca-rsa2048-g1
#   remediation_ja: >-
#     独自のパラメータグループで設定し、再起動する: aws rds modify-db-parameter-group
#     --db-parameter-group-name グループ名
#     --parameters ParameterName=rds.force_ssl,ParameterValue=1,ApplyMethod=pending-reboot
#     (クラスターは aws rds modify-db-cluster-parameter-group --db-cluster-parameter-group-name グループ名)。
#     CA証明書の更新は aws rds modify-db-instance --db-instance-identifier インスタンス名
#     --ca-certificate-identifier rds-ca-rsa2048-g1
package sekisho_policies.rds_force_ssl

import data.sekisho.decode

clustered := object.get(input, "resourceType", null) == "AWS::RDS::DBCluster"

engine := object.get(input, ["configuration", "engine"], "unknown")

# The instance says dBInstanceIdentifier, the cluster dbclusterIdentifier: AWS Config's spelling.
identifier := object.get(input, ["configuration", "dbclusterIdentifier"], null) if {
	clustered
} else := object.get(input, ["configuration", "dBInstanceIdentifier"], null)

# What forces TLS, and the values that do, in lower case.
forcing := {
	"postgres": {"name": "rds.force_ssl", "values": ["1"]},
	"aurora-postgresql": {"name": "rds.force_ssl", "values": ["1"]},
	"sqlserver": {"name": "rds.force_ssl", "values": ["1"]},
	"mysql": {"name": "require_secure_transport", "values": ["1", "on"]},
	"aurora-mysql": {"name": "require_secure_transport", "values": ["1", "on"]},
	"mariadb": {"name": "require_secure_transport", "values": ["1", "on"]},
	"docdb": {"name": "tls", "values": ["enabled", "fips-140-3", "tls1.2+", "tls1.3+"]},
}

# The editions of SQL Server share a family.
family := "sqlserver" if {
	startswith(engine, "sqlserver-")
} else := engine

wanted := object.get(forcing, family, null)

default by_itself := false

by_itself if {
	engine == "neptune"
	version := object.get(input, ["configuration", "engineVersion"], "1.0")
	not startswith(version, "1.0")
}

by_itself if identifier in data.parameters.confirmedDatabases

# ---- parameter groups in use; an instance has the one field, a cluster the other

groups contains {"name": name, "state": state} if {
	some group in decode.list(object.get(input, ["configuration", "dBParameterGroups"], null))
	name := object.get(group, "dBParameterGroupName", null)
	state := object.get(group, "parameterApplyStatus", "unknown")
}

groups contains {"name": name, "state": state} if {
	name := object.get(input, ["configuration", "dbclusterParameterGroup"], null)
	name != null
	some state in member_states
}

# Every member applies the group for itself; a cluster without members has nothing to apply.
member_states := {object.get(member, "dbclusterParameterGroupStatus", "unknown") | some member in members} if {
	count(members) > 0
} else := {"in-sync"}

members := decode.list(object.get(input, ["configuration", "dbclusterMembers"], null))

# Name of the group to the parameters that API tells, from the answers for instances or for clusters.
seen[name] := parameters if {
	some answer in decode.list(answers.list)
	name := object.get(answer, ["for", answers.field], null)
	parameters := object.get(answer, ["result", "Parameters"], null)
	is_array(parameters)
}

answers := {"list": data.facts.cluster_parameters, "field": "DBClusterParameterGroup"} if {
	clustered
} else := {"list": data.facts.instance_parameters, "field": "DBParameterGroupName"}

# What the group says of the parameter: null where it has it without a value.
values_in(group) := {value |
	some parameter in seen[group]
	object.get(parameter, "ParameterName", null) == wanted.name
	value := object.get(parameter, "ParameterValue", null)
}

forces(value) if lower(sprintf("%v", [value])) in wanted.values

by_parameter if {
	wanted != null
	not by_itself
}

# ---- certificate authorities

authorities := {authority |
	clustered
	some instance in decode.list(object.get(data.facts.instances, "DBInstances", null))
	object.get(instance, "DBClusterIdentifier", null) == identifier
	authority := object.get(instance, "CACertificateIdentifier", null)
} | {authority |
	not clustered
	authority := object.get(input, ["configuration", "cACertificateIdentifier"], null)
}

# ---- verdicts

not_applicable if {
	not clustered
	not object.get(input, ["configuration", "dBClusterIdentifier"], null) in {null, ""}
}

deny contains {
	"msg": sprintf("whether %s forces TLS cannot be seen; name %v in confirmedDatabases if it does", [engine, identifier]),
	"msg_ja": sprintf("%sのTLS強制を確認できません。確認のうえconfirmedDatabasesに%vを指定してください", [engine, identifier]),
} if {
	wanted == null
	not by_itself
}

deny contains {
	"msg": "the parameter group is not recorded",
	"msg_ja": "パラメータグループが記録されていません",
} if {
	by_parameter
	count(groups) == 0
}

deny contains {
	"msg": sprintf("the parameter group %v could not be read", [group.name]),
	"msg_ja": sprintf("パラメータグループ%vを参照できません", [group.name]),
} if {
	by_parameter
	some group in groups
	not seen[group.name]
}

deny contains {
	"msg": sprintf("the parameter group %s has no parameter %s", [group.name, wanted.name]),
	"msg_ja": sprintf("パラメータグループ%sに%sがありません", [group.name, wanted.name]),
} if {
	by_parameter
	some group in groups
	seen[group.name]
	count(values_in(group.name)) == 0
}

deny contains {
	"msg": sprintf("%s is %v in the parameter group %s, expected %s", [wanted.name, value, group.name, wanted.values[0]]),
	"msg_ja": sprintf("パラメータグループ%sの%sが%vです(必要: %s)", [group.name, wanted.name, value, wanted.values[0]]),
} if {
	by_parameter
	some group in groups
	some value in values_in(group.name)
	not forces(value)
}

deny contains {
	"msg": sprintf("the parameter group %s is not applied yet (%s)", [group.name, group.state]),
	"msg_ja": sprintf("パラメータグループ%sが未適用です(%s)。再起動してください", [group.name, group.state]),
} if {
	by_parameter
	some group in groups
	group.state != "in-sync"
}

deny contains {
	"msg": sprintf("the certificate authority is %v", [authority]),
	"msg_ja": sprintf("CA証明書が%vです。更新してください", [authority]),
} if {
	count(data.parameters.allowedCAs) > 0
	some authority in authorities
	not authority in data.parameters.allowedCAs
}

deny contains {
	"msg": "the certificate authorities of the cluster's members are not known",
	"msg_ja": "クラスターのインスタンスのCA証明書を確認できません",
} if {
	count(data.parameters.allowedCAs) > 0
	count(members) > 0
	count(authorities) == 0
}
