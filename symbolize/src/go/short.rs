//! The short form of Go's names.

/// The name with the last part of its package's path alone, and without type arguments:
/// `example.org/list.(*List[go.shape.int]).Push` becomes `list.(*List).Push`.
pub(crate) fn shorten(name: &str) -> String {
    // What the linker makes for types may have the paths of several packages.
    if name.starts_with("type:") || name.starts_with("go:") {
        return name.to_owned();
    }
    let path = name.find(['(', '[', '{', ' ']).and_then(|end| name.get(..end)).unwrap_or(name);
    let package = path.rfind('/').map_or(0, |slash| slash + 1);
    without_arguments(name.get(package..).unwrap_or(name))
}

/// The name without what is in brackets; the name itself where they do not match.
fn without_arguments(name: &str) -> String {
    let mut short = String::new();
    let mut depth = 0_usize;
    for c in name.chars() {
        match c {
            '[' => depth += 1,
            ']' if depth == 0 => return name.to_owned(),
            ']' => depth -= 1,
            _ if depth == 0 => short.push(c),
            _ => {}
        }
    }
    if depth == 0 && !short.is_empty() { short } else { name.to_owned() }
}

/// Whether Go's linker writes `name` as `written` in the name section: with `_` for what is no letter, digit or dot.
pub(crate) fn is_written(name: &str, written: &str) -> bool {
    let is_kept = |c: char| c.is_ascii_alphanumeric() || c == '.';
    name.chars().map(|c| if is_kept(c) { c } else { '_' }).eq(written.chars())
}

#[cfg(test)]
mod tests {
    use super::{is_written, shorten};

    #[test]
    fn the_name_section_writes_names_without_signs() {
        assert!(is_written("encoding/json.(*Decoder).Decode", "encoding_json.__Decoder_.Decode"));
        assert!(!is_written("encoding/json.Marshal", "encoding_xml.Marshal"));
        assert!(!is_written("main.main", "main.main2"));
    }

    #[test]
    fn paths_and_type_arguments_are_taken_out() {
        let cases = [
            ("main.main", "main.main"),
            ("go/printer.(*printer).expr1", "printer.(*printer).expr1"),
            ("example.org/list.(*List[go.shape.int]).Push", "list.(*List).Push"),
            ("slices.SortFunc[go.shape.[]a/b.T,go.shape.int].func1", "slices.SortFunc.func1"),
            ("internal/poll.(*FD).Write.func1", "poll.(*FD).Write.func1"),
            ("type:.eq.[2]go/token.Position", "type:.eq.[2]go/token.Position"),
            ("main.(*T).with/slash", "main.(*T).with/slash"),
            ("wasm_pc_f_loop", "wasm_pc_f_loop"),
            ("main.f[[", "main.f[["),
            ("main.f]", "main.f]"),
            ("[int]", "[int]"),
            ("", ""),
        ];
        for (full, short) in cases {
            assert_eq!(shorten(full), short, "{full}");
        }
    }
}
