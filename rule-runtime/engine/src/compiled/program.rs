//! What the rules of a policy are once every name in them is found: what the compiler gives and the machine runs.

use regorus::Value;
use regorus::unstable::{ArithOp, BinOp, BoolOp, BuiltinFcn, Expr as Source, Ref, Span};

/// A place in the frame of a rule or a function.
pub(super) type Slot = usize;

/// The rules and functions that the entries come to; what refers to one of them does so by its place here.
#[derive(Debug, Default)]
pub struct Program {
    pub(super) rules: Vec<Rule>,
    pub(super) functions: Vec<Function>,
    /// `not_applicable`, `deny`, `judged`: those that there are.
    pub(super) entries: Vec<(String, usize)>,
}

/// All definitions of one name.
#[derive(Debug)]
pub(super) struct Rule {
    pub kind: Kind,
    pub definitions: Vec<Definition>,
    pub default: Option<Expr>,
    /// Its value can be another for another input.
    pub reads_input: bool,
}

/// What the definitions of a rule make together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `name := value if …`, `name if …`
    Value,
    /// `name contains value if …`
    Set,
    /// `name[key] := value if …`
    Object,
    /// `name[key] contains value if …`
    Sets,
}

#[derive(Debug)]
pub(super) struct Definition {
    /// How many places its frame has.
    pub slots: usize,
    /// Of [`Kind::Object`] and [`Kind::Sets`].
    pub key: Option<Expr>,
    /// The first, and those behind `else`.
    pub bodies: Vec<Body>,
}

#[derive(Debug)]
pub(super) struct Body {
    pub steps: Vec<Step>,
    /// True where there is none.
    pub head: Option<Expr>,
    /// The head is the same for every solution: one is enough.
    pub is_constant: bool,
}

#[derive(Debug)]
pub(super) struct Function {
    pub clauses: Vec<Clause>,
    /// Its value can be another for the same arguments and another input.
    pub reads_input: bool,
}

#[derive(Debug)]
pub(super) struct Clause {
    /// Their places are the first of the frame.
    pub arguments: Vec<Pattern>,
    pub slots: usize,
    pub bodies: Vec<Body>,
}

/// A statement.
#[derive(Debug)]
pub(super) enum Step {
    /// `expr`
    Holds(Expr),
    /// `not expr`
    Fails(Expr),
    /// `pattern := expr`
    Assign(Pattern, Expr),
    /// `some key, value in over`: what follows is done for each.
    Each { key: Option<Pattern>, value: Pattern, over: Expr },
    /// `every key, value in over { steps }`
    Every { key: Option<Slot>, value: Slot, over: Expr, steps: Vec<Step> },
}

/// What a value is bound to or compared with.
#[derive(Debug)]
pub(super) enum Pattern {
    Anything,
    Bind(Slot),
    Equals(Value),
    Array(Vec<Pattern>),
}

/// An expression; its value may be undefined.
#[derive(Debug)]
pub(super) enum Expr {
    Constant(Value),
    Local(Slot),
    Input,
    /// `data` as far as it was given: parameters, facts, inventory.
    Data,
    Rule(usize),
    /// A rule of a package that was imported. Regorus evaluates all rules of the package then, and an error in one of them is
    /// one here.
    RuleOf {
        rule: usize,
        package: Vec<usize>,
    },
    Field(Box<Expr>, Value),
    Index(Box<Index>),
    Array(Vec<Expr>),
    Set(Vec<Expr>),
    Object(Vec<(Expr, Expr)>),
    Comprehension(Box<Comprehension>),
    Compare(BoolOp, Box<[Expr; 2]>),
    Operate(Box<Operation>),
    /// `value in over`, `key, value in over`
    Member {
        key: Option<Box<Expr>>,
        parts: Box<[Expr; 2]>,
    },
    Call(usize, Vec<Expr>),
    Builtin(Box<Builtin>),
}

#[derive(Debug)]
pub(super) struct Index {
    pub of: Expr,
    pub key: Expr,
    /// The text begins with `data`: a number is looked for as a text too.
    pub is_below_data: bool,
}

#[derive(Debug)]
pub(super) struct Comprehension {
    pub steps: Vec<Step>,
    pub term: Term,
}

#[derive(Debug)]
pub(super) enum Term {
    Array(Expr),
    Set(Expr),
    Object(Expr, Expr),
}

/// `+`, `-`, `*`, `/`, `%`, `&`, `|`, with the text that an error would name.
#[derive(Debug)]
pub(super) struct Operation {
    pub operator: Operator,
    pub parts: [Expr; 2],
    pub span: Span,
    pub sources: [Ref<Source>; 2],
}

#[derive(Debug)]
pub(super) enum Operator {
    Arithmetic(ArithOp),
    Sets(BinOp),
}

/// A call of what regorus has built in, with the text that an error would name.
#[derive(Debug)]
pub(super) struct Builtin {
    pub function: BuiltinFcn,
    pub native: Native,
    pub arguments: Vec<Expr>,
    pub span: Span,
    pub sources: Vec<Ref<Source>>,
}

impl Builtin {
    /// What regorus says of the arguments; none where that is an error.
    pub fn by_regorus(&self, arguments: &[Value]) -> Option<Value> {
        (self.function.0)(&self.span, &self.sources, arguments, true).ok()
    }
}

/// Those that are called so often that they are done here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Native {
    No,
    /// `object.get`
    Get,
    /// Of one argument.
    Test(Test),
    /// `json.is_valid`
    IsJson,
    /// `json.unmarshal`
    Unmarshal,
    /// Of two texts.
    Texts(Texts),
    /// `lower`
    Lower,
    /// `sprintf`
    Format,
    /// `replace`
    ReplaceText,
    /// `urlquery.decode`
    UrlDecode,
    /// `regex.match`
    Match,
    /// `regex.replace`
    Replace,
}

/// What is asked of two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Texts {
    StartsWith,
    EndsWith,
    Contains,
    Split,
}

/// What is asked of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    Count,
    IsNull,
    IsString,
    IsNumber,
    IsBoolean,
    IsArray,
    IsObject,
    IsSet,
}
