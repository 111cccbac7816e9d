//! `sekisho schema update`: the cache is filled from a zip over HTTP and HTTPS, from a zip and from a checkout, or left as
//! it was; `check` and `new policy` use it.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead as _, BufReader, Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use sekisho_tests::{Output, Process, binary, environment, output, policies, root};
use serde_json::Value;
use zip::write::SimpleFileOptions;

/// A folder with a policy that `check` can only judge by the property lists.
struct Author {
    folder: tempfile::TempDir,
}

impl Author {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("policies")).unwrap();
        policies::write(
            &folder.path().join("policies"),
            "instance-private",
            "change",
            "AWS::RDS::DBInstance",
            &[],
            "deny contains {\"msg\": \"public\", \"msg_ja\": \"公開されています\"} if object.get(input, [\"configuration\", \"publiclyAccesible\"], false)",
        );
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run_with(&self, arguments: &[&str], variables: &[(&str, &Path)]) -> Output {
        let mut command = Command::new(binary("sekisho"));
        command.args(arguments).current_dir(self.folder.path()).env("SEKISHO_CACHE", self.path("cache"));
        command.envs(variables.iter().copied());
        output(command)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, &[])
    }

    fn update(&self, source: &str) -> Output {
        self.run(&["schema", "update", source])
    }

    fn cache(&self) -> Option<Vec<u8>> {
        let files: Vec<_> =
            fs::read_dir(self.path("cache")).ok()?.map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        Some(fs::read(&files[0]).unwrap())
    }

    /// What `check` says of the misspelt field without --schema: so much is known of the type.
    fn codes(&self) -> Vec<String> {
        let output = self.run(&["check", "--format", "json"]);
        let document: Value = serde_json::from_str(&output.stdout).unwrap();
        let all = ["problems", "notes"].map(|part| document[part].as_array().unwrap().clone()).concat();
        let codes = all.iter().filter_map(|problem| Some(problem["code"].as_str()?.to_owned()));
        codes.filter(|code| code.starts_with("SK05")).collect()
    }

    /// The cache has the eleven lists, and `check` uses it.
    fn assert_filled(&self, updated: &Output) {
        assert_eq!(updated.code, 0, "{}", updated.stderr);
        assert!(updated.stdout.ends_with("resource-schema.json: 11 resource types\n"), "{}", updated.stdout);
        assert_eq!(self.codes(), ["SK0501"]);
    }
}

const IN_CHECKOUT: &str = "config/properties/resource-types";

fn lists() -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(root().join("fixtures/check/schema")).unwrap().map(|entry| entry.unwrap());
    files.map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap())).collect()
}

/// A zip as GitHub makes it of a branch.
fn zip_of(lists: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("master/README.md", SimpleFileOptions::default()).unwrap();
    zip.write_all(b"# lists").unwrap();
    for (name, text) in lists {
        zip.start_file(format!("master/{IN_CHECKOUT}/{name}"), SimpleFileOptions::default()).unwrap();
        zip.write_all(text).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Serves `bytes` at /lists.zip, and sends there from /moved.zip.
fn serve(bytes: Vec<u8>) -> (tokio::runtime::Runtime, String) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = Router::new()
        .route("/lists.zip", get(move || async move { bytes }))
        .route("/moved.zip", get(|| async { (StatusCode::FOUND, [("location", "/lists.zip")]) }));
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move { axum::serve(listener, app).await });
    (runtime, format!("http://{address}"))
}

#[test]
fn lists_come_from_an_address_and_check_uses_them() {
    let author = Author::new();
    assert_eq!(author.codes(), ["SK0506"], "nothing is known of the type");
    let (_server, address) = serve(zip_of(&lists()));
    author.assert_filled(&author.update(&format!("{address}/moved.zip")));
    // What --schema names takes the place of the cache.
    let empty = author.run(&["check", "--schema", "policies"]);
    assert!(empty.code == 2 && empty.stderr.contains("holds no property list"), "{empty:?}");
    // `new policy` makes its item of the lists too.
    let made = author.run(&["new", "policy", "trail-has-owner", "--type", "AWS::CloudTrail::Trail"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let fixture = fs::read_to_string(author.path("fixtures/trail-has-owner/with-owner.yaml")).unwrap();
    assert!(fixture.contains("made of the property list"), "{fixture}");
}

#[test]
fn lists_come_from_a_checkout_and_from_a_zip() {
    let author = Author::new();
    let checkout = author.path("checkout");
    fs::create_dir_all(checkout.join(IN_CHECKOUT)).unwrap();
    for (name, text) in lists() {
        fs::write(checkout.join(IN_CHECKOUT).join(name), text).unwrap();
    }
    author.assert_filled(&author.update("checkout"));
    let author = Author::new();
    fs::write(author.path("lists.zip"), zip_of(&lists())).unwrap();
    author.assert_filled(&author.update("lists.zip"));
}

#[test]
fn what_cannot_be_used_leaves_the_cache_as_it_was() {
    let author = Author::new();
    let whole = zip_of(&lists());
    // The first byte behind its name, where the packed text begins.
    let mut damaged = zip_of(&lists());
    let name: &[u8] = b"AWS::RDS::DBInstance.properties.json";
    let text = damaged.windows(name.len()).position(|bytes| bytes == name).unwrap() + name.len();
    damaged[text] ^= 0xff;
    let no_list = vec![("AWS::RDS::DBInstance.properties.json".to_owned(), b"[1]".to_vec())];
    let cut = whole[..whole.len() / 2].to_vec();
    for (name, bytes) in [
        ("cut.zip", cut.clone()),
        ("damaged.zip", damaged),
        ("none.zip", zip_of(&[])),
        ("no-list.zip", zip_of(&no_list)),
        ("large.zip", zip_of(&[("AWS::X::Y.properties.json".to_owned(), vec![b' '; 20 << 20])])),
        ("text.zip", b"<html>".to_vec()),
    ] {
        fs::write(author.path(name), bytes).unwrap();
    }
    let (_server, address) = serve(cut);
    let sources = [
        ("cut.zip", "is no zip"),
        ("damaged.zip", "AWS::RDS::DBInstance.properties.json: cannot be read"),
        ("none.zip", "holds no property list"),
        ("no-list.zip", "is no property list"),
        ("large.zip", "has more than 16777216 bytes"),
        ("text.zip", "is no zip"),
        ("policies", "holds no property list"),
        ("nowhere", "cannot be read"),
        (&format!("{address}/lists.zip"), "is no zip"),
        (&format!("{address}/gone.zip"), "cannot be fetched: http status: 404"),
        ("http://127.0.0.1:1/lists.zip", "cannot be fetched"),
    ];
    let refused = |before: Option<&[u8]>| {
        for (source, why) in sources {
            let output = author.update(source);
            assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{source}");
            assert!(output.stderr.contains(why), "{source}: {}", output.stderr);
            assert_eq!(author.cache().as_deref(), before, "{source}");
        }
    };
    refused(None);
    fs::write(author.path("whole.zip"), whole).unwrap();
    author.assert_filled(&author.update("whole.zip"));
    refused(author.cache().as_deref());
}

#[test]
fn a_damaged_cache_is_told_of() {
    let author = Author::new();
    fs::write(author.path("lists.zip"), zip_of(&lists())).unwrap();
    assert_eq!(author.update("lists.zip").code, 0);
    fs::write(author.path("cache/resource-schema.json"), "{").unwrap();
    let output = author.run(&["check"]);
    assert_eq!(output.code, 2);
    assert!(output.stderr.contains("sekisho schema update writes it anew"), "{}", output.stderr);
    fs::remove_dir_all(author.path("cache")).unwrap();
    fs::write(author.path("cache"), "a file").unwrap();
    let output = author.update("lists.zip");
    assert!(output.code == 2 && output.stderr.contains("SEKISHO_CACHE"), "{output:?}");
}

/// A server whose certificate only the one who is told of it trusts.
#[test]
fn https_trusts_what_the_system_trusts() {
    let author = Author::new();
    fs::write(author.path("lists.zip"), zip_of(&lists())).unwrap();
    let mut server = Command::new(environment("bin/python"))
        .arg(root().join("tests/env/serve_tls.py"))
        .arg(author.path("ca.pem"))
        .current_dir(author.folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut port = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let _server = Process(server);
    let url = format!("https://localhost:{}/lists.zip", port.trim());
    let update = ["schema", "update", url.as_str()];
    let certificate = author.path("ca.pem");
    let other = environment("lib").join("none.pem");
    let distrusted = author.run_with(&update, &[("SSL_CERT_FILE", &other)]);
    assert!(distrusted.code == 2 && distrusted.stderr.contains("cannot be fetched"), "{distrusted:?}");
    assert_eq!(author.cache(), None);
    author.assert_filled(&author.run_with(&update, &[("SSL_CERT_FILE", &certificate)]));
}
