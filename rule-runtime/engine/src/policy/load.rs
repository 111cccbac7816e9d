//! A folder of Rego files to a [`PolicySet`].
//!
//! `<id>.rego` is a policy, `<id>_test.rego` its test, and what lies in a folder called `lib` is library. Each
//! policy gets an engine of its own that shares the parsed library, as far as it names it, so that a policy that breaks breaks
//! alone. A [`PolicyFolder`] reads policies when they are asked for: a function that serves one rule needs one of a pack.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use regorus::Engine;
use walkdir::WalkDir;

use super::ast::{self, ModuleFacts, RuleKind};
use super::{Library, Policy, PolicySet, guard, in_pack, metadata, paths, references};
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
        let mut folder = PolicyFolder::open(root);
        folder.read_all();
        folder.set
    }
}

/// A folder of policies that are read when they are asked for.
#[derive(Debug)]
pub struct PolicyFolder {
    root: PathBuf,
    set: PolicySet,
    /// Files of the library, until it is read.
    unread_library: Vec<PathBuf>,
    /// Files of policies that nobody has asked for, by the id that their name gives.
    unread: BTreeMap<String, Vec<PathBuf>>,
    library: Vec<LibraryModule>,
    /// Parsed library modules, by their places in `library`.
    bases: BTreeMap<Vec<usize>, Engine>,
}

/// One module of the library.
#[derive(Debug)]
struct LibraryModule {
    file: String,
    text: Arc<str>,
    facts: ModuleFacts,
}

impl PolicyFolder {
    /// Looks what files there are under `root`, and reads none.
    pub fn open(root: &Path) -> Self {
        let mut folder = Self {
            root: root.to_owned(),
            set: PolicySet::default(),
            unread_library: Vec::new(),
            unread: BTreeMap::new(),
            library: Vec::new(),
            bases: BTreeMap::new(),
        };
        let (libraries, policies) = folder.files();
        folder.unread_library = libraries;
        for file in policies {
            folder.unread.entry(stem(&file)).or_default().push(file);
        }
        folder.note_unread();
        folder
    }

    /// Reads the policies that `names` stand for, as [`PolicySet::select`] reads them, where that was not done yet.
    pub fn read(&mut self, names: &str) {
        let names: Vec<&str> =
            names.split(',').map(|name| name.trim().trim_start_matches('!').trim()).collect();
        self.read_those(&|id, pack| names.iter().any(|name| id == *name || in_pack(pack, name)));
    }

    /// Reads all that was not read yet.
    pub fn read_all(&mut self) {
        self.read_those(&|_, _| true);
    }

    /// What was read.
    pub const fn set(&self) -> &PolicySet {
        &self.set
    }

    fn read_those(&mut self, wanted: &(dyn Fn(&str, &str) -> bool + Sync)) {
        let is_wanted = |folder: &Self, id: &str, files: &[PathBuf]| {
            files.iter().any(|file| wanted(id, &folder.pack(file)))
        };
        let ids: Vec<String> = self
            .unread
            .iter()
            .filter(|(id, files)| is_wanted(self, id, files))
            .map(|(id, _)| id.clone())
            .collect();
        if ids.is_empty() && !self.unread.is_empty() {
            return;
        }
        // Checks walk the syntax tree, whose depth only the checks themselves bound.
        let read = stack::with_large(|| self.read_ids(&ids));
        if let Err(panic) = read {
            let problem =
                Diagnostic::new(self.root.display().to_string(), format!("loading failed: {panic}"));
            self.set.problems.push(problem);
        }
        self.note_unread();
    }

    fn note_unread(&mut self) {
        let unread = self.unread.iter();
        self.set.unread = unread
            .map(|(id, files)| (id.clone(), files.first().map(|file| self.pack(file)).unwrap_or_default()))
            .collect();
    }

    fn read_ids(&mut self, ids: &[String]) {
        let unread = std::mem::take(&mut self.unread_library);
        if !unread.is_empty() {
            unread.iter().for_each(|file| self.library_module(file));
            let library: Vec<_> =
                self.library.iter().map(|module| (module.file.clone(), module.facts.clone())).collect();
            self.set.problems.extend(guard::check_program(&library, 0));
        }
        let mut by_id: BTreeMap<String, Vec<Policy>> = BTreeMap::new();
        let wanted = ids.iter().filter_map(|id| Some((id, self.unread.remove(id)?)));
        let wanted: Vec<_> = wanted.collect();
        for (id, file) in
            wanted.into_iter().flat_map(|(id, files)| files.into_iter().map(move |file| (id, file)))
        {
            match self.policy(&file) {
                Ok(policy) => by_id.entry(policy.id().to_owned()).or_default().push(policy),
                Err(problems) => self.set.broken.entry(id.clone()).or_default().extend(problems),
            }
        }
        self.unique(by_id);
    }
}

fn stem(file: &Path) -> String {
    file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

struct Source {
    file: PathBuf,
    name: String,
    text: String,
}

impl PolicyFolder {
    /// The library's files and the policies', sorted.
    fn files(&mut self) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let (mut libraries, mut policies) = (Vec::new(), Vec::new());
        let mut roots = vec![self.root.clone()];
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
                    let file = error.path().unwrap_or(&self.root).display().to_string();
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
            let mut engine = new_engine();
            let facts = add(&mut engine, &source)?;
            Ok((source, facts))
        });
        match parsed {
            Ok((source, facts)) => {
                if facts.package.get(1).is_none_or(|part| part != "sekisho" && part != LIBRARY_FOLDER) {
                    let message = format!("package {} is no library", facts.package[1..].join("."));
                    self.set.problems.push(
                        Diagnostic::new(&source.name, message)
                            .code("SK0215")
                            .at(1, 1)
                            .help("a library's package begins with sekisho. or lib."),
                    );
                }
                let text: Arc<str> = source.text.into();
                self.set.libraries.push(Library {
                    test_file: test_file(file),
                    file: source.file,
                    source: Arc::clone(&text),
                });
                self.library.push(LibraryModule { file: source.name, text, facts });
            }
            Err(problem) => self.set.problems.push(problem),
        }
    }

    /// The library's modules that `text` names, and those that they name. A text that says more of `data` than a module's
    /// name may mean any.
    fn named(&self, text: &str) -> Vec<usize> {
        let mut named: Vec<usize> = Vec::new();
        let mut open = vec![text];
        while let Some(text) = open.pop() {
            for (index, module) in self.library.iter().enumerate() {
                let package = module.facts.package.join(".");
                let is_named = text.contains(&package) || says_more(text, &self.library);
                if is_named && !named.contains(&index) {
                    named.push(index);
                    open.push(&module.text);
                }
            }
        }
        named.sort_unstable();
        named
    }

    /// An engine with those modules of the library.
    fn base(&mut self, named: &[usize]) -> Engine {
        if let Some(base) = self.bases.get(named) {
            return base.clone();
        }
        let mut base = new_engine();
        for module in named.iter().filter_map(|index| self.library.get(*index)) {
            // It was parsed before without an error.
            let added = base.add_policy(module.file.clone(), module.text.to_string());
            debug_assert!(added.is_ok());
        }
        self.bases.insert(named.to_vec(), base.clone());
        base
    }

    fn policy(&mut self, file: &Path) -> Result<Policy, Vec<Diagnostic>> {
        let source = read(file).map_err(|problem| vec![problem])?;
        let named = self.named(&source.text);
        let mut engine = self.base(&named);
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
        let library = named.iter().filter_map(|index| self.library.get(*index));
        let mut program: Vec<_> = library.map(|module| (module.file.clone(), module.facts.clone())).collect();
        program.push((source.name.clone(), module));
        problems.extend(guard::check_program(&program, named.len()));
        let metadata = metadata::parse(&source.name, &source.text);
        if let (Ok(metadata), Some((_, module))) = (&metadata, program.last()) {
            let library: Vec<_> = self.library.iter().map(|module| module.facts.package.clone()).collect();
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
                    program: OnceLock::new(),
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
        let folder = file.parent().unwrap_or(&self.root);
        let relative = folder.strip_prefix(&self.root).unwrap_or(Path::new(""));
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

fn new_engine() -> Engine {
    let mut engine = Engine::new();
    engine.set_strict_builtin_errors(true);
    engine
}

/// Whether a text reads the library otherwise than by the whole name of a module.
fn says_more(text: &str, library: &[LibraryModule]) -> bool {
    ["data.sekisho", "data.lib", "data["].iter().any(|root| {
        text.match_indices(root).any(|(at, _)| {
            let rest = &text[at..];
            !rest.starts_with("data.sekisho_")
                && !library.iter().any(|module| rest.starts_with(&module.facts.package.join(".")))
        })
    })
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
