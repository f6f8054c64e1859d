//! The short form of a demangled name: what remains when the arguments of templates, generics and functions are
//! taken out. `std::vector<int>::push_back(int const&)` becomes `std::vector::push_back`.

/// How deep `<<X as A>::B as C>::d` is followed; deeper ones are shown in full.
const MAX_NESTING: usize = 8;

/// The short form of `name`; the name itself when there is nothing to take out or it isn't understood.
pub(crate) fn shorten(name: &str) -> String {
    // What Go's compiler makes for a type is called after all of the type.
    let plain = !name.contains(['<', '(', '[']) || name.starts_with("type:");
    let short = if plain { None } else { strip(name, MAX_NESTING) };
    short.filter(|short| !short.is_empty()).unwrap_or_else(|| name.to_owned())
}

fn strip(name: &str, nesting: usize) -> Option<String> {
    let mut out = String::new();
    let mut rest = name;
    // A space only separates a return type from a name where there are parameters, as C++ has them.
    let has_parameters = name.contains('(');
    while let Some(first) = rest.chars().next() {
        if let Some(len) = operator_len(&out, rest) {
            out.push_str(rest.get(..len)?);
            rest = rest.get(len..)?;
            continue;
        }
        match first {
            '<' if out.is_empty() => rest = self_type(&mut out, rest, nesting)?,
            // Kotlin's `Number.<init>`.
            '<' if out.ends_with('.') => {
                let len = group_len(rest)?;
                out.push_str(rest.get(..len)?);
                rest = rest.get(len..)?;
            }
            '<' => {
                rest = rest.get(group_len(rest)?..)?;
                // Rust writes `f::<T>`.
                if out.ends_with("::")
                    && !rest.starts_with(|c: char| c.is_alphanumeric() || "_{<".contains(c))
                {
                    out.truncate(out.len() - 2);
                }
            }
            '(' | '[' => {
                let len = group_len(rest)?;
                let group = rest.get(..len)?;
                rest = rest.get(len..)?;
                if let Some((receiver, _)) = group.split_once('[').filter(|_| is_receiver(&out, group)) {
                    out.extend([receiver, ")"]);
                } else if out.is_empty() || is_part_of_name(&out, group) {
                    out.push_str(group);
                } else if first == '(' && out != "decltype" && !continues(rest) {
                    break;
                }
            }
            '{' => {
                let len = group_len(rest)?;
                out.push_str(rest.get(..len)?);
                rest = rest.get(len..)?;
            }
            ' ' if has_parameters => {
                // The arguments of `operator<< <char>` keep their distance.
                if !rest.starts_with(" <") {
                    out.clear();
                }
                rest = rest.get(1..)?;
            }
            _ => {
                out.push(first);
                rest = rest.get(first.len_utf8()..)?;
            }
        }
    }
    Some(out)
}

/// `<Type as Trait>::method` or `<Type>::method`: the type's short name goes to `out`, the rest is given back.
fn self_type<'a>(out: &mut String, name: &'a str, nesting: usize) -> Option<&'a str> {
    let len = group_len(name)?;
    let rest = name.get(len..)?;
    match self_path(name) {
        Some((ty, _)) => out.push_str(&strip(ty, nesting.checked_sub(1)?)?),
        None => out.push_str(name.get(..len)?),
    }
    Some(rest)
}

/// The type, without `&mut` and the like, and the trait of `<Type as Trait>::method`; `None` for another form.
pub(crate) fn self_path(name: &str) -> Option<(&str, Option<&str>)> {
    if !name.starts_with('<') {
        return None;
    }
    let len = group_len(name)?;
    let inside =
        name.get(1..len - 1).filter(|_| name.get(len..).is_some_and(|rest| rest.starts_with("::")))?;
    let (ty, of_trait) = match as_position(inside) {
        Some(at) => (inside.get(..at)?, inside.get(at + " as ".len()..)),
        None => (inside, None),
    };
    let ty = ty.trim_start_matches(['&', '*']).trim_start_matches("mut ").trim_start_matches("const ");
    Some((ty.trim_start_matches("dyn "), of_trait))
}

/// Where ` as ` stands outside of all brackets.
fn as_position(name: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut before = 0u8;
    for (at, byte) in name.bytes().enumerate() {
        match byte {
            b'<' | b'(' | b'[' | b'{' => depth += 1,
            b'>' if before == b'-' => {}
            b'>' | b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b' ' if depth == 0 && name.get(at..).is_some_and(|rest| rest.starts_with(" as ")) => {
                return Some(at);
            }
            _ => {}
        }
        before = byte;
    }
    None
}

/// The length of the bracketed group that `text` begins with; `None` when it isn't closed.
fn group_len(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut before = 0u8;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'<' if is_channel(text, at) => {}
            b'<' | b'(' | b'[' | b'{' => depth += 1,
            b'>' if before == b'-' => {}
            b'>' | b')' | b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        before = byte;
    }
    None
}

/// Go's `<-chan T` and `chan<- T`, where there is no bracket.
fn is_channel(text: &str, at: usize) -> bool {
    let (before, after) = text.split_at_checked(at).unwrap_or(("", text));
    after.starts_with("<-chan") || before.ends_with("chan") && after.starts_with("<- ")
}

/// `(anonymous namespace)`, and what a method of Go is of.
fn is_part_of_name(out: &str, group: &str) -> bool {
    group == "(anonymous namespace)" || is_receiver(out, group)
}

/// Go's `(*T)` in `main.(*T).Method` and `(*main.T).Method`.
fn is_receiver(out: &str, group: &str) -> bool {
    group.starts_with("(*") && (out.is_empty() || out.ends_with('.'))
}

/// Whether the name goes on behind a parameter list: `f(int)::{lambda()#1}`, Zig's `List(u8).append`, and a second
/// list or a reference to the first as in `operator()(int)`.
fn continues(rest: &str) -> bool {
    rest.starts_with("::") || rest.starts_with('.') || rest.starts_with('(')
}

/// The length of C++'s `operator<<` and the like at the start of `rest`, whose brackets are no groups.
fn operator_len(out: &str, rest: &str) -> Option<usize> {
    const WORD: &str = "operator";
    let symbol = rest.strip_prefix(WORD)?;
    let starts_word = out.is_empty() || out.ends_with([':', ' ']);
    let longest_first = ["<=>", "->*", "<<=", ">>=", "()", "[]", "->", "<<", ">>", "<=", ">=", "<", ">"];
    let bracket = longest_first.iter().find(|op| symbol.starts_with(**op)).map(|op| op.len());
    let len = bracket.or_else(|| match symbol.as_bytes().first()? {
        // `operator new[]`, `operator bool`, `operator std::string`: up to the parameters.
        b' ' => symbol.find('('),
        // `operator""_suffix`
        b'"' => symbol.find('('),
        b if b"+-*/%^&|~!=,".contains(b) => symbol.find(|c| !"+-*/%^&|~!=,".contains(c)),
        _ => None,
    })?;
    starts_word.then_some(WORD.len() + len)
}

#[cfg(test)]
mod tests {
    use super::shorten;

    #[test]
    fn arguments_are_taken_out() {
        let cases = [
            ("json::parse_value", "json::parse_value"),
            ("std::vector<int, std::allocator<int>>::push_back(int const&)", "std::vector::push_back"),
            ("void sort<int*>(int*, int*)", "sort"),
            ("area(shape const&) const", "area"),
            ("(anonymous namespace)::walk(int)", "(anonymous namespace)::walk"),
            ("a::(anonymous namespace)::walk(int)", "a::(anonymous namespace)::walk"),
            ("run(int)::{lambda(int)#1}::operator()(int) const", "run::{lambda(int)#1}::operator()"),
            ("std::ostream& std::operator<< <char>(std::ostream&, char)", "std::operator<<"),
            ("Grid::operator[](unsigned long)", "Grid::operator[]"),
            ("operator new(unsigned long)", "operator new"),
            ("operator new[](unsigned long)", "operator new[]"),
            ("Box::operator==(Box const&) const", "Box::operator=="),
            ("Box::operator+=[abi:nn19](int)", "Box::operator+="),
            ("bool operator!=[abi:nn19]<std::vector<int>>(int)", "operator!="),
            ("long operator\"\"_km(long)", "operator\"\"_km"),
            ("Box::operator bool() const", "Box::operator bool"),
            ("f[abi:cxx11](int)", "f"),
            ("core::ptr::drop_in_place::<alloc::vec::Vec<u8>>", "core::ptr::drop_in_place"),
            ("core::ptr::drop_in_place<alloc::vec::Vec<u8>>", "core::ptr::drop_in_place"),
            ("<alloc::vec::Vec<T> as core::ops::Drop>::drop", "alloc::vec::Vec::drop"),
            ("<json::Parser>::next", "json::Parser::next"),
            ("<&mut W as core::fmt::Write>::write_str", "W::write_str"),
            ("<<A as B<C>>::D as E>::f", "A::D::f"),
            ("<fn(u8) -> u8 as core::ops::FnOnce>::call_once", "fn::call_once"),
            ("core::iter::map::<u8>::{closure#0}", "core::iter::map::{closure#0}"),
            ("foo::{{closure}}", "foo::{{closure}}"),
            (
                "int std::__2::hash<std::pair<int, char*> >::operator()<long>(long)",
                "std::__2::hash::operator()",
            ),
            ("box<int (*)(char), (kind)1>::get[abi:nn19]() const", "box::get"),
            (
                "matrix<double, (kind)1>::row(int)::'lambda'(int)::operator()(int) const",
                "matrix::row::'lambda'::operator()",
            ),
            (
                "std::function<void (int, std::vector<int> const&)>::swap(std::function<void (int)>&)",
                "std::function::swap",
            ),
            ("decltype(fp0(fp)) call<f, int>(f&&, int&&)", "call"),
        ];
        for (full, short) in cases {
            assert_eq!(shorten(full), short, "{full}");
        }
    }

    #[test]
    fn names_of_other_languages_survive() {
        let cases = [
            ("main.(*T).Method", "main.(*T).Method"),
            ("(*main.T).Method", "(*main.T).Method"),
            ("array_list.ArrayListAligned(u8,null).append", "array_list.ArrayListAligned.append"),
            ("~lib/array/Array<f64>#push", "~lib/array/Array#push"),
            ("kotlin.my function", "kotlin.my function"),
            ("kotlin.Number.<init>", "kotlin.Number.<init>"),
            ("kotlin.text.<get-lastIndex>", "kotlin.text.<get-lastIndex>"),
            ("~lib/array/Array<~lib/string/String>#slice@varargs", "~lib/array/Array#slice@varargs"),
            ("~lib/rt/itcms/Object#set:color", "~lib/rt/itcms/Object#set:color"),
            ("~lib/array/Array<f64>~visit", "~lib/array/Array~visit"),
            ("assembly/index/run~anonymous|0", "assembly/index/run~anonymous|0"),
            ("fs.path.ComponentIterator(.posix,u8).init", "fs.path.ComponentIterator.init"),
            (
                "hash_map.HashMap(life.Cell,void,hash_map.AutoContext(life.Cell),80).put",
                "hash_map.HashMap.put",
            ),
            ("encoding/json.(*Decoder).Decode", "encoding/json.(*Decoder).Decode"),
            ("main.main.func1.2", "main.main.func1.2"),
            ("main.(*T).Method-fm", "main.(*T).Method-fm"),
            ("sync/atomic.(*Pointer[go.shape.struct { x.y int }]).Load", "sync/atomic.(*Pointer).Load"),
            (
                "slices.SortFunc[go.shape.[]io/fs.DirEntry,go.shape.interface { Name() string }]",
                "slices.SortFunc",
            ),
            ("main.each[go.shape.<-chan int].func1", "main.each.func1"),
            ("main.each[chan<- int].func1", "main.each.func1"),
            ("type:.eq.struct { f func(int) bool }", "type:.eq.struct { f func(int) bool }"),
            ("(internal/reflectlite.Kind).String", "(internal/reflectlite.Kind).String"),
            ("slices.medianCmpFunc[encoding/json.field]", "slices.medianCmpFunc"),
            ("$s4main5helloSSyF", "$s4main5helloSSyF"),
            ("<anonymous>", "<anonymous>"),
            ("a < b", "a < b"),
            ("f(((", "f((("),
            (">>>", ">>>"),
            ("", ""),
            ("größe<ß>::ä", "größe::ä"),
        ];
        for (full, short) in cases {
            assert_eq!(shorten(full), short, "{full}");
        }
    }

    #[test]
    fn hostile_nesting_is_no_trouble() {
        let deep = format!("{}{}", "<".repeat(100_000), ">::f".repeat(100_000));
        assert_eq!(shorten(&deep), deep);
    }
}
