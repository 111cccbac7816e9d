//! A folder of Rego files to a [`PolicySet`].
//!
//! `<id>.rego` is a policy, `<id>_test.rego` its test, and what lies in a folder called `lib` is library. Each
//! policy gets an engine of its own that shares the parsed library, so that a policy that breaks breaks alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use regorus::Engine;
use walkdir::WalkDir;

use super::ast::{self, ModuleFacts, RuleKind};
use super::{Library, Policy, PolicySet, guard, metadata, paths, references};
use crate::diagnostic::Diagnostic;
use crate::evaluate::stack;

/// The end of a test file's name.
const TEST_ENDING: &str = "_test.rego";

/// The folder whose Rego files are library.
const LIBRARY_FOLDER: &str = "lib";

impl PolicySet {
    /// Loads every `.rego` file under `root`, which may also be one policy file: the library is then looked
    /// for in a `lib` folder beside it and in the folders above it.
    pub fn load(root: &Path) -> Self {
        // Checks walk the syntax tree, whose depth only the checks themselves bound.
        stack::with_large(|| Loader::new(root).load()).unwrap_or_else(|panic| Self {
            problems: vec![Diagnostic::new(root.display().to_string(), format!("loading failed: {panic}"))],
            ..Self::default()
        })
    }
}

struct Source {
    file: PathBuf,
    name: String,
    text: String,
}

struct Loader<'a> {
    root: &'a Path,
    set: PolicySet,
    /// The parsed library.
    base: Engine,
    /// What the library's modules say, for the checks of each policy.
    library: Vec<(String, ModuleFacts)>,
}

impl<'a> Loader<'a> {
    fn new(root: &'a Path) -> Self {
        let mut base = Engine::new();
        base.set_strict_builtin_errors(true);
        Self { root, set: PolicySet::default(), base, library: Vec::new() }
    }

    fn load(mut self) -> PolicySet {
        let (libraries, policies) = self.files();
        for file in libraries {
            self.library_module(&file);
        }
        let mut own: Vec<(String, ModuleFacts)> = Vec::new();
        std::mem::swap(&mut own, &mut self.library);
        self.set.problems.extend(guard::check_program(&own, 0));
        self.library = own;
        let mut by_id: BTreeMap<String, Vec<Policy>> = BTreeMap::new();
        for file in policies {
            let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            match self.policy(&file) {
                Ok(policy) => by_id.entry(policy.id().to_owned()).or_default().push(policy),
                Err(problems) => self.set.broken.entry(stem).or_default().extend(problems),
            }
        }
        self.unique(by_id);
        self.set
    }

    /// The library's files and the policies', sorted.
    fn files(&mut self) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let (mut libraries, mut policies) = (Vec::new(), Vec::new());
        let mut roots = vec![self.root.to_owned()];
        if self.root.is_file() {
            roots.extend(
                self.root
                    .ancestors()
                    .skip(1)
                    .map(|folder| folder.join(LIBRARY_FOLDER))
                    .find(|lib| holds_rego(lib)),
            );
        }
        for entry in roots.iter().flat_map(|root| WalkDir::new(root).follow_links(true).sort_by_file_name()) {
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    let path = entry.into_path();
                    let name = path.to_string_lossy();
                    if !name.ends_with(".rego") || name.ends_with(TEST_ENDING) {
                        continue;
                    }
                    let in_library = path.parent().is_some_and(|folder| {
                        folder.components().any(|part| part.as_os_str() == LIBRARY_FOLDER)
                    });
                    if in_library { libraries.push(path) } else { policies.push(path) }
                }
                Ok(_) => {}
                Err(error) => {
                    let file = error.path().unwrap_or(self.root).display().to_string();
                    let problem = Diagnostic::new(file, format!("cannot be read: {error}"))
                        .code("SK0216")
                        .help("name the folder of the policies with --policies or SEKISHO_POLICIES");
                    self.set.problems.push(problem);
                }
            }
        }
        (libraries, policies)
    }

    fn library_module(&mut self, file: &Path) {
        let parsed = read(file).and_then(|source| {
            let module = add(&mut self.base, &source)?;
            Ok((source, module))
        });
        match parsed {
            Ok((source, module)) => {
                if module.package.get(1).is_none_or(|part| part != "sekisho" && part != LIBRARY_FOLDER) {
                    let message = format!("package {} is no library", module.package[1..].join("."));
                    self.set.problems.push(
                        Diagnostic::new(&source.name, message)
                            .code("SK0215")
                            .at(1, 1)
                            .help("a library's package begins with sekisho. or lib."),
                    );
                }
                self.set.libraries.push(Library {
                    test_file: test_file(file),
                    file: source.file,
                    source: source.text.into(),
                });
                self.library.push((source.name, module));
            }
            Err(problem) => self.set.problems.push(problem),
        }
    }

    fn policy(&self, file: &Path) -> Result<Policy, Vec<Diagnostic>> {
        let source = read(file).map_err(|problem| vec![problem])?;
        let mut engine = self.base.clone();
        let parsed = add(&mut engine, &source);
        // A file that does not parse may have a METADATA block that does, but its problems can wait.
        let module = parsed.map_err(|problem| vec![problem])?;
        let mut problems = check_rules(&source.name, &module);
        if !self.set.problems.is_empty()
            && module.imports.values().any(|path| path.first().is_some_and(|p| p == "data"))
        {
            problems.push(
                Diagnostic::new(&source.name, "imports a library that has problems")
                    .code("SK0215")
                    .help("mend the library first"),
            );
        }
        let package = module.package.join(".");
        let has = |name: &str| module.rules.iter().any(|rule| rule.name == name);
        let (has_not_applicable, has_judged) = (has("not_applicable"), has("judged"));
        let mut program = self.library.clone();
        program.push((source.name.clone(), module));
        problems.extend(guard::check_program(&program, self.library.len()));
        let metadata = metadata::parse(&source.name, &source.text);
        if let (Ok(metadata), Some((_, module))) = (&metadata, program.last()) {
            let library: Vec<_> = self.library.iter().map(|(_, module)| module.package.clone()).collect();
            problems.extend(references::check(&source.name, module, metadata, &library));
        }
        problems.iter_mut().filter(|problem| problem.file == source.name).for_each(|problem| {
            *problem = std::mem::take(problem).source(&source.text);
        });
        if problems.is_empty() {
            problems.extend(prepare(&engine, &source));
        }
        match metadata {
            Ok(metadata) if problems.is_empty() => {
                let stem = file.file_stem().unwrap_or_default().to_string_lossy();
                if metadata.id != stem {
                    let message = format!("custom.id is \"{}\" and the file is {stem}.rego", metadata.id);
                    return Err(vec![
                        Diagnostic::new(&source.name, message).code("SK0105").help("rename one of them"),
                    ]);
                }
                let reads = engine.get_modules().last().map(|module| paths::read(module)).unwrap_or_default();
                Ok(Policy {
                    metadata,
                    package,
                    pack: self.pack(file),
                    test_file: test_file(file),
                    file: source.file,
                    source: source.text.into(),
                    has_not_applicable,
                    has_judged,
                    reads,
                    engine,
                })
            }
            Ok(_) => Err(problems),
            Err(more) => {
                problems.extend(more);
                Err(problems)
            }
        }
    }

    fn pack(&self, file: &Path) -> String {
        let folder = file.parent().unwrap_or(self.root);
        let relative = folder.strip_prefix(self.root).unwrap_or(Path::new(""));
        relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
    }

    /// Two policies with one id: neither may run, because nobody can say which one a rule means.
    fn unique(&mut self, by_id: BTreeMap<String, Vec<Policy>>) {
        for (id, mut policies) in by_id {
            if policies.len() == 1 {
                self.set.policies.extend(policies.pop().map(|policy| (id, Arc::new(policy))));
                continue;
            }
            let files: Vec<String> =
                policies.iter().map(|policy| policy.file.display().to_string()).collect();
            let problems = policies.iter().map(|policy| {
                let others: Vec<_> =
                    files.iter().filter(|file| **file != policy.file.display().to_string()).collect();
                let others = others.iter().map(|file| file.as_str()).collect::<Vec<_>>().join(", ");
                Diagnostic::new(policy.file.display().to_string(), format!("is \"{id}\", and so is {others}"))
                    .code("SK0106")
                    .field("custom.id")
                    .help("give one of them another id")
            });
            let problems: Vec<_> = problems.collect();
            self.set.broken.entry(id).or_default().extend(problems);
        }
    }
}

/// Whether `folder` is one with Rego files, and not the `lib` of the system.
fn holds_rego(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.path().extension().is_some_and(|ending| ending == "rego"))
}

fn test_file(file: &Path) -> Option<PathBuf> {
    let stem = file.file_stem()?.to_string_lossy();
    Some(file.with_file_name(format!("{stem}{TEST_ENDING}"))).filter(|test| test.is_file())
}

fn read(file: &Path) -> Result<Source, Diagnostic> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file).map_err(|error| {
        Diagnostic::new(&name, format!("cannot be read: {error}"))
            .code("SK0216")
            .help("save it as UTF-8 text")
    })?;
    guard::check_nesting(&name, &text)?;
    Ok(Source { file: file.to_owned(), name, text })
}

/// Parses `source` into `engine`.
fn add(engine: &mut Engine, source: &Source) -> Result<ModuleFacts, Diagnostic> {
    engine
        .add_policy(source.name.clone(), source.text.clone())
        .map_err(|error| rego_problem(&source.name, &source.text, &error.to_string()))?;
    engine
        .get_modules()
        .last()
        .map(|module| ast::module_facts(module))
        .ok_or_else(|| Diagnostic::new(&source.name, "has no package"))
}

/// A message of regorus: `--> file:line:column` and `error: text`, with a drawing between. `file` and its `text` are
/// where it is if the message does not say another: a library that the policy calls, or the policy of a test.
pub fn rego_problem(file: &str, text: &str, message: &str) -> Diagnostic {
    let place = message.lines().find_map(|line| {
        let mut parts = line.trim().strip_prefix("--> ")?.rsplitn(3, ':');
        let column = parts.next()?.parse().ok()?;
        let line = parts.next()?.parse().ok()?;
        Some((parts.next()?, line, column))
    });
    let what = message
        .lines()
        .find_map(|line| line.trim().strip_prefix("error: "))
        .unwrap_or_else(|| message.trim())
        .to_owned();
    let (named, line, column) = place.unwrap_or((file, 0, 0));
    // regorus says of the variables, and of nothing else, that they are unsafe or used too early.
    let code =
        if what.contains("unsafe") || what.contains("before definition") { "SK0204" } else { "SK0201" };
    let written = (named == file).then(|| text.lines().nth(usize::max(line, 1) - 1)).flatten();
    let column = written.map_or(column, |written| characters(written, column));
    let problem = Diagnostic::new(named, what)
        .code(code)
        .at(line, column)
        .help("mend the Rego there; opa check says more");
    if named == file { problem.source(text) } else { problem }
}

/// A column of regorus, which counts a tab as four, in characters.
fn characters(line: &str, column: usize) -> usize {
    let mut at = 1;
    let before = line.chars().take_while(|character| {
        let is_before = at < column;
        at += if *character == '\t' { 4 } else { 1 };
        is_before
    });
    before.count() + 1
}

/// The rules that the contract gives a meaning must have the form that it names.
fn check_rules(file: &str, module: &ModuleFacts) -> Vec<Diagnostic> {
    let forms: [(&str, &[RuleKind], &str); 3] = [
        ("deny", &[RuleKind::Set], "deny contains <message> if { … }"),
        ("judged", &[RuleKind::Set], "judged contains {\"resourceType\": …, \"resourceId\": …} if { … }"),
        ("not_applicable", &[RuleKind::Value, RuleKind::Default], "not_applicable if { … }"),
    ];
    let mut problems = Vec::new();
    for rule in &module.rules {
        let form = forms.iter().find(|(name, ..)| *name == rule.name);
        if let Some((name, allowed, expected)) = form
            && !(rule.plain && allowed.contains(&rule.kind))
        {
            let message = format!("{name} must be written as: {expected}");
            problems.push(
                Diagnostic::new(file, message)
                    .code("SK0206")
                    .at(rule.place.0, rule.place.1)
                    .help("see docs/policy-contract.md"),
            );
        }
    }
    if !module.rules.iter().any(|rule| rule.name == "deny") {
        problems.push(
            Diagnostic::new(file, "has no rule deny")
                .code("SK0206")
                .at(1, 1)
                .help("say what is wrong with an item: deny contains \"why\" if { … }"),
        );
    }
    problems
}

/// Unsafe variables and conflicts show only when regorus prepares the program: a probe makes it do so.
fn prepare(engine: &Engine, source: &Source) -> Option<Diagnostic> {
    let mut engine = engine.clone();
    engine.add_policy("probe".into(), "package sekisho_probe\n\nready := true\n".into()).ok()?;
    engine
        .eval_rule("data.sekisho_probe.ready".into())
        .err()
        .map(|error| rego_problem(&source.name, &source.text, &error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_of_the_file_that_it_is_in() {
        let own = rego_problem("p.rego", "package p\n", "--> p.rego:1:9\n  |\nerror: no");
        assert_eq!((own.file.as_str(), own.line, own.column), ("p.rego", Some(1), Some(9)));
        assert!(own.source_line.is_some());
        let library = rego_problem("p.rego", "package p\n", "--> lib/c:d.rego:3:14\n  |\nerror: no");
        assert_eq!(
            (library.file.as_str(), library.line, library.column),
            ("lib/c:d.rego", Some(3), Some(14))
        );
        assert!(library.source_line.is_none(), "the text is that of the other file");
        let nowhere = rego_problem("p.rego", "package p\n", "it stopped");
        assert_eq!((nowhere.file.as_str(), nowhere.message.as_str()), ("p.rego", "it stopped"));
    }
}
