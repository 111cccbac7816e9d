package sekisho_policies.rds_force_ssl_test

import data.sekisho_policies.rds_force_ssl

defaults := {"allowedCAs": ["rds-ca-rsa2048-g1"], "confirmedDatabases": []}

instance(engine, changes) := {
	"resourceType": "AWS::RDS::DBInstance",
	"configuration": object.union(
		{
			"dBInstanceIdentifier": "karte",
			"engine": engine,
			"dBParameterGroups": [{"dBParameterGroupName": "own", "parameterApplyStatus": "in-sync"}],
			"cACertificateIdentifier": "rds-ca-rsa2048-g1",
		},
		changes,
	),
}

cluster(engine, changes) := {
	"resourceType": "AWS::RDS::DBCluster",
	"configuration": object.union(
		{
			"dbclusterIdentifier": "karte",
			"engine": engine,
			"dbclusterParameterGroup": "own",
			"dbclusterMembers": [{"dbinstanceIdentifier": "a", "dbclusterParameterGroupStatus": "in-sync"}],
		},
		changes,
	),
}

messages(document, parameters, changes) := {reason.msg |
	some reason in rds_force_ssl.deny with input as document
		with data.facts as {
			"instances": {"DBInstances": [
				{"DBInstanceIdentifier": "a", "DBClusterIdentifier": "karte", "CACertificateIdentifier": "rds-ca-rsa2048-g1"},
				{"DBInstanceIdentifier": "b", "DBClusterIdentifier": "other", "CACertificateIdentifier": "rds-ca-2019"},
			]},
			"clusters": {"DBClusters": []},
			"instance_parameters": [{"for": {"DBParameterGroupName": "own"}, "result": {"Parameters": parameters}}],
			"cluster_parameters": [{"for": {"DBClusterParameterGroup": "own"}, "result": {"Parameters": parameters}}],
		}
		with data.parameters as object.union(defaults, changes)
}

parameter(name, value) := [{"ParameterName": "other", "ParameterValue": "x"}, {"ParameterName": name, "ParameterValue": value}]

names := {
	"postgres": "rds.force_ssl",
	"sqlserver-ex": "rds.force_ssl",
	"sqlserver-se": "rds.force_ssl",
	"mysql": "require_secure_transport",
	"mariadb": "require_secure_transport",
}

cluster_names := {
	"aurora-postgresql": "rds.force_ssl",
	"postgres": "rds.force_ssl",
	"aurora-mysql": "require_secure_transport",
	"mysql": "require_secure_transport",
}

test_forced if {
	every engine, name in names {
		messages(instance(engine, {}), parameter(name, "1"), {}) == set()
	}
	every engine, name in cluster_names {
		messages(cluster(engine, {}), parameter(name, "1"), {}) == set()
	}
	messages(instance("mysql", {}), parameter("require_secure_transport", "ON"), {}) == set()
}

test_not_forced if {
	every engine, name in names {
		messages(instance(engine, {}), parameter(name, "0"), {}) == {sprintf("%s is 0 in the parameter group own, expected 1", [name])}
	}
	every engine, name in cluster_names {
		messages(cluster(engine, {}), parameter(name, "0"), {}) == {sprintf("%s is 0 in the parameter group own, expected 1", [name])}
	}
	messages(instance("postgres", {}), [{"ParameterName": "rds.force_ssl"}], {}) == {"rds.force_ssl is null in the parameter group own, expected 1"}
	messages(instance("mysql", {}), parameter("require_secure_transport", "OFF"), {}) == {"require_secure_transport is OFF in the parameter group own, expected 1"}
}

test_documentdb if {
	every value in ["enabled", "fips-140-3", "tls1.2+", "tls1.3+"] {
		messages(cluster("docdb", {}), parameter("tls", value), {}) == set()
	}
	messages(cluster("docdb", {}), parameter("tls", "disabled"), {}) == {"tls is disabled in the parameter group own, expected enabled"}
}

test_neptune if {
	messages(cluster("neptune", {"engineVersion": "1.3.2.1"}), [], {}) == set()
	expected := {"whether neptune forces TLS cannot be seen; name karte in confirmedDatabases if it does"}
	messages(cluster("neptune", {"engineVersion": "1.0.3.0"}), [], {}) == expected
	messages(cluster("neptune", {}), [], {}) == expected
}

test_engines_that_force_it_elsewhere if {
	every engine in ["oracle-ee", "db2-se", "unknown"] {
		messages(instance(engine, {}), [], {}) == {sprintf("whether %s forces TLS cannot be seen; name karte in confirmedDatabases if it does", [engine])}
		messages(instance(engine, {}), [], {"confirmedDatabases": ["karte"]}) == set()
	}
	messages(instance("postgres", {}), parameter("rds.force_ssl", "0"), {"confirmedDatabases": ["karte"]}) == set()
	messages(cluster("postgres", {}), parameter("rds.force_ssl", "0"), {"confirmedDatabases": ["karte"]}) == set()
}

test_confirmed_database_is_not_judged_by_its_group if {
	every groups in [null, [{"dBParameterGroupName": "new", "parameterApplyStatus": "in-sync"}], [{"dBParameterGroupName": "own", "parameterApplyStatus": "pending-reboot"}]] {
		messages(instance("postgres", {"dBParameterGroups": groups}), [], {"confirmedDatabases": ["karte"]}) == set()
	}
}

test_group_not_recorded if {
	every groups in [null, []] {
		messages(instance("postgres", {"dBParameterGroups": groups}), parameter("rds.force_ssl", "1"), {}) == {"the parameter group is not recorded"}
	}
	messages(cluster("postgres", {"dbclusterParameterGroup": null}), parameter("rds.force_ssl", "1"), {}) == {"the parameter group is not recorded"}
}

test_group_not_read if {
	messages(instance("postgres", {}), null, {}) == {"the parameter group own could not be read"}
	messages(instance("postgres", {"dBParameterGroups": [{"dBParameterGroupName": "new", "parameterApplyStatus": "in-sync"}]}), [], {}) == {"the parameter group new could not be read"}
	messages(cluster("postgres", {"dbclusterParameterGroup": "new"}), [], {}) == {"the parameter group new could not be read"}
}

test_parameter_missing if {
	messages(instance("mysql", {}), [], {}) == {"the parameter group own has no parameter require_secure_transport"}
}

test_not_applied if {
	messages(instance("postgres", {"dBParameterGroups": [{"dBParameterGroupName": "own", "parameterApplyStatus": "pending-reboot"}]}), parameter("rds.force_ssl", "1"), {}) == {"the parameter group own is not applied yet (pending-reboot)"}
	messages(cluster("postgres", {"dbclusterMembers": [{"dbclusterParameterGroupStatus": "in-sync"}, {"dbclusterParameterGroupStatus": "pending-reboot"}]}), parameter("rds.force_ssl", "1"), {}) == {"the parameter group own is not applied yet (pending-reboot)"}
	messages(cluster("postgres", {"dbclusterMembers": [{}]}), parameter("rds.force_ssl", "1"), {}) == {"the parameter group own is not applied yet (unknown)"}
	messages(cluster("postgres", {"dbclusterMembers": []}), parameter("rds.force_ssl", "1"), {}) == set()
}

test_authority if {
	messages(instance("postgres", {"cACertificateIdentifier": "rds-ca-2019"}), parameter("rds.force_ssl", "1"), {}) == {"the certificate authority is rds-ca-2019"}
	messages(instance("postgres", {"cACertificateIdentifier": null}), parameter("rds.force_ssl", "1"), {}) == {"the certificate authority is null"}
	messages(instance("postgres", {"cACertificateIdentifier": "rds-ca-2019"}), parameter("rds.force_ssl", "1"), {"allowedCAs": []}) == set()
	messages(cluster("postgres", {"dbclusterIdentifier": "other"}), parameter("rds.force_ssl", "1"), {}) == {"the certificate authority is rds-ca-2019"}
}

test_authorities_of_members_not_known if {
	unseen := {"dbclusterIdentifier": "new"}
	messages(cluster("postgres", unseen), parameter("rds.force_ssl", "1"), {}) == {"the certificate authorities of the cluster's members are not known"}
	messages(cluster("postgres", unseen), parameter("rds.force_ssl", "1"), {"allowedCAs": []}) == set()
	messages(cluster("postgres", object.union(unseen, {"dbclusterMembers": []})), parameter("rds.force_ssl", "1"), {}) == set()
}

test_member_of_a_cluster if {
	rds_force_ssl.not_applicable with input as instance("aurora-mysql", {"dBClusterIdentifier": "karte"}) with data.parameters as defaults
	not rds_force_ssl.not_applicable with input as instance("mysql", {"dBClusterIdentifier": ""}) with data.parameters as defaults
	not rds_force_ssl.not_applicable with input as instance("mysql", {}) with data.parameters as defaults
	not rds_force_ssl.not_applicable with input as cluster("mysql", {"dBClusterIdentifier": "karte"}) with data.parameters as defaults
}
