//! What include/keycask.h declares: its structs with their fields, its functions with what they
//! take. The header is made by a program, so a little is enough to read it.

/// A field of a struct, or what a function takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The type without the name, such as `const keycask_spec *`.
    pub of: String,
    pub name: String,
    /// How many there are of it, in brackets; empty if it is no array.
    pub count: String,
}

impl Field {
    /// What it points to, if it is a pointer, and whether that is const.
    pub fn target(&self) -> Option<(&str, bool)> {
        let target = self.of.strip_suffix('*')?.trim();
        Some(target.strip_prefix("const ").map_or((target, false), |target| (target, true)))
    }
}

pub struct Struct {
    pub name: String,
    pub fields: Vec<Field>,
}

impl Struct {
    /// Whether it begins with its size.
    pub fn is_sized(&self) -> bool {
        self.fields.first().is_some_and(|field| field.name == "struct_size")
    }
}

pub struct Function {
    pub name: String,
    pub takes: Vec<Field>,
}

pub struct Header {
    pub structs: Vec<Struct>,
    /// Those that return a status and take something.
    pub functions: Vec<Function>,
}

/// Reads the text of the header.
pub fn read(text: &str) -> Header {
    let lines = text.lines().map(|line| line.split("//").next().unwrap());
    let lines = lines.filter(|line| !line.starts_with('#'));
    let code = lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
    let structs = code.split("typedef struct {").skip(1).map(|rest| {
        let (fields, rest) = rest.split_once('}').unwrap();
        let name = rest.split(';').next().unwrap().trim().to_owned();
        let fields = fields.split(';').map(str::trim).filter(|field| !field.is_empty());
        Struct { name, fields: fields.map(field).collect() }
    });
    let functions = code.split(';').filter_map(|declared| {
        let (head, takes) = declared.trim().strip_suffix(')')?.split_once('(')?;
        let name = head.rsplit(' ').next()?;
        let is_call = head.ends_with(&format!("keycask_status {name}"));
        let takes: Vec<Field> = takes.split(',').map(|taken| field(taken.trim())).collect();
        (is_call && !takes.is_empty()).then(|| Function { name: name.to_owned(), takes })
    });
    Header { structs: structs.collect(), functions: functions.collect() }
}

fn field(text: &str) -> Field {
    let (text, count) = match text.split_once('[') {
        Some((text, count)) => (text, count.trim_end_matches(']')),
        None => (text, ""),
    };
    let at = text.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
    let (of, name) = text.split_at(at);
    Field { of: of.trim().to_owned(), name: name.to_owned(), count: count.to_owned() }
}
