#![allow(missing_docs)]
use sekisho_engine::policy::{
    PolicySet,
    mask::{Known, Mask},
};
fn show(m: &Mask) -> String {
    match m {
        Mask::All => "*".into(),
        Mask::Parts(p) => {
            let mut v: Vec<String> = p
                .names
                .iter()
                .map(|(k, m)| {
                    let s = show(m);
                    if s == "*" { k.clone() } else { format!("{k}:{s}") }
                })
                .collect();
            if let Some(e) = &p.each {
                v.push(format!("[{}]", show(e)));
            }
            format!("{{{}}}", v.join(" "))
        }
    }
}
fn main() {
    let set = PolicySet::load(std::path::Path::new("policies"));
    for p in set.policies() {
        let params = p.metadata.parameters.apply(&Default::default()).unwrap_or_default();
        let mut last = String::new();
        for t in &p.metadata.resource_types {
            let m = p.masks(Known { resource_type: t, parameters: &params });
            let s = format!("{} | INV {}", show(&m.input), show(&m.inventory));
            if s != last {
                println!("{} {:?} {t} {s}", p.id(), p.metadata.trigger);
                last = s;
            }
        }
    }
}
