//! Why an invocation failed, in words that the operator can act on.

use sekisho_engine::diagnostic::Diagnostic;

/// An invocation that did not do all that it should. AWS Lambda shows type and message, tries again, and AWS
/// Config shows the rule in error.
#[derive(Debug, thiserror::Error)]
pub enum InvocationError {
    /// The event is not one of AWS Config, or of a type that is not handled.
    #[error("{0}")]
    Event(Diagnostic),
    /// The rule's parameters name no policy, or do not fit the policies' schemas.
    #[error("{}", join(.0))]
    Parameters(Vec<Diagnostic>),
    /// Policies that cannot be used or that failed; the evaluations of the others were sent.
    #[error("{}", .0.join("; "))]
    Policies(Vec<String>),
    /// The rule's account cannot be reached.
    #[error("{0}")]
    Account(String),
    /// The items to judge cannot be had.
    #[error("{0}")]
    Items(String),
    /// AWS Config did not take evaluations; and policies that failed besides.
    #[error("{}", .0.iter().chain(.1).cloned().collect::<Vec<_>>().join("; "))]
    Report(Vec<String>, Vec<String>),
}

impl InvocationError {
    const fn error_type(&self) -> &'static str {
        match self {
            Self::Event(_) => "Sekisho.Event",
            Self::Parameters(_) => "Sekisho.RuleParameters",
            Self::Policies(_) => "Sekisho.Policy",
            Self::Account(_) => "Sekisho.Account",
            Self::Items(_) => "Sekisho.Items",
            Self::Report(..) => "Sekisho.PutEvaluations",
        }
    }
}

impl From<InvocationError> for lambda_runtime::Diagnostic {
    fn from(error: InvocationError) -> Self {
        Self { error_type: error.error_type().into(), error_message: error.to_string() }
    }
}

fn join(problems: &[Diagnostic]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
