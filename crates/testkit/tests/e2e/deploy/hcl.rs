//! What a Terraform configuration declares and refers to.

use std::collections::BTreeSet;
use std::fs;

use hcl_edit::expr::{Expression, ObjectKey, Traversal, TraversalOperator};
use hcl_edit::structure::{Block, BlockLabel, Body};
use hcl_edit::visit::{Visit, visit_block, visit_traversal};
use testkit::repository;

/// All files of the configuration as one.
pub(super) struct Configuration(pub(super) Vec<Body>);

impl Configuration {
    pub(super) fn read() -> Self {
        let folder = repository("deploy/terraform");
        let files = fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path());
        let terraform = files.filter(|path| path.extension().is_some_and(|extension| extension == "tf"));
        let bodies = terraform.map(|path| parse(&fs::read_to_string(path).expect("a text"))).collect();
        Self(bodies)
    }

    /// Blocks of a kind, wherever they stand.
    pub(super) fn blocks(&self, kind: &str) -> Vec<&Block> {
        self.0.iter().flat_map(|body| body.blocks().filter(|block| block.ident.as_str() == kind)).collect()
    }

    /// The block of a kind with these labels.
    pub(super) fn block(&self, kind: &str, labels: &[&str]) -> &Block {
        let has = |block: &&Block| block.labels.iter().map(BlockLabel::as_str).eq(labels.iter().copied());
        self.blocks(kind).into_iter().find(has).unwrap_or_else(|| panic!("{kind} {labels:?} is missing"))
    }

    /// A value of the blocks `locals`.
    pub(super) fn local(&self, name: &str) -> &Expression {
        let locals = self.blocks("locals");
        let value = locals.iter().find_map(|block| block.body.get_attribute(name));
        &value.unwrap_or_else(|| panic!("local.{name} is missing")).value
    }

    /// Names as they are referred to: `var.region`, `google_pubsub_topic.events`.
    pub(super) fn declared(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for block in self.0.iter().flat_map(Body::blocks) {
            let labels = block.labels.iter().map(BlockLabel::as_str).collect::<Vec<_>>().join(".");
            match block.ident.as_str() {
                "variable" => names.extend([format!("var.{labels}")]),
                "resource" => names.extend([labels]),
                "data" | "ephemeral" => names.extend([format!("{}.{labels}", block.ident.as_str())]),
                "locals" => names.extend(block.body.attributes().map(|local| format!("local.{}", local.key.as_str()))),
                _ => {}
            }
        }
        names
    }

    /// The same of what is referred to; a variable's own validation does not count.
    pub(super) fn used(&self) -> BTreeSet<String> {
        let mut references = References::default();
        self.0.iter().for_each(|body| references.visit_body(body));
        references.found
    }
}

pub(super) fn parse(text: &str) -> Body {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// The names of an object's members that are written out.
pub(super) fn keys(object: &Expression) -> BTreeSet<String> {
    let object = object.as_object().expect("an object");
    let name = |key: &ObjectKey| match key {
        ObjectKey::Ident(name) => name.as_str().to_owned(),
        ObjectKey::Expression(name) => name.as_str().expect("a text").to_owned(),
    };
    object.iter().map(|(key, _)| name(key)).collect()
}

/// Every text in an expression, whatever is around it.
pub(super) fn texts(expression: &Expression) -> BTreeSet<String> {
    struct Texts(BTreeSet<String>);
    impl Visit for Texts {
        fn visit_expr(&mut self, node: &Expression) {
            self.0.extend(node.as_str().map(str::to_owned));
            hcl_edit::visit::visit_expr(self, node);
        }
    }
    let mut texts = Texts(BTreeSet::new());
    texts.visit_expr(expression);
    texts.0
}

#[derive(Default)]
struct References {
    found: BTreeSet<String>,
    declaring: Option<String>,
}

impl Visit for References {
    fn visit_block(&mut self, node: &Block) {
        let variable = node.labels.first().filter(|_| node.ident.as_str() == "variable");
        let outer = self.declaring.clone();
        if let Some(variable) = variable {
            self.declaring = Some(format!("var.{}", variable.as_str()));
        }
        visit_block(self, node);
        self.declaring = outer;
    }

    fn visit_traversal(&mut self, node: &Traversal) {
        self.found.extend(reference(node).filter(|name| self.declaring.as_ref() != Some(name)));
        visit_traversal(self, node);
    }
}

/// The declaration that a traversal begins with; nothing for `each.key` and the variables of a loop.
fn reference(node: &Traversal) -> Option<String> {
    let root = node.expr.as_variable()?.as_str();
    let mut parts = node.operators.iter().map_while(|operator| match operator.value() {
        TraversalOperator::GetAttr(name) => Some(name.as_str()),
        _ => None,
    });
    match root {
        "var" | "local" => Some(format!("{root}.{}", parts.next()?)),
        "data" | "ephemeral" => Some(format!("{root}.{}.{}", parts.next()?, parts.next()?)),
        _ if root.starts_with("google_") => Some(format!("{root}.{}", parts.next()?)),
        _ => None,
    }
}
