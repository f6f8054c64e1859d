//! pprof's protocol buffers (`profile.proto`): samples of values by location, and tables of locations and functions.

use super::draft::{Draft, Function, FunctionId, PlaceId};
use super::pprof_values::{Use, ValueType, use_of};
use super::protobuf::{Fields, Malformed, Value, numbers};
use super::wasm::is_module;
use super::{ImportError, NO_ORDER};
use rustc_hash::FxHashMap;
use wasmscope_instrument::recording::StackId;

const NANOS_PER_MILLI: u64 = 1_000_000;
/// A [`ValueType`] has two small numbers.
const MOST_TYPE_BYTES: usize = 24;

/// Has no other fields than a profile, tells what its values are and, if it does not break off, has texts of which the
/// first is empty. Writers differ in which field is first.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    let (mut has_type, mut first_text, mut breaks_off) = (false, None, false);
    for field in Fields::of(bytes) {
        match field {
            Ok((1, Value::Bytes(kind))) if is_value_type(kind) => has_type = true,
            Ok((6, Value::Bytes(text))) => first_text = first_text.or(Some(text)),
            Ok((2..=5 | 13, Value::Bytes(_)) | (7..=10 | 12..=15, Value::Number(_))) => {}
            Ok((11, Value::Bytes(kind))) if is_value_type(kind) => {}
            Ok(_) => return false,
            Err(_) => breaks_off = true,
        }
    }
    has_type && first_text.map_or(breaks_off, <[u8]>::is_empty)
}

fn is_value_type(bytes: &[u8]) -> bool {
    let is_number =
        |field: Result<(u64, Value<'_>), Malformed>| matches!(field, Ok((1 | 2, Value::Number(_))));
    bytes.len() <= MOST_TYPE_BYTES && Fields::of(bytes).all(is_number)
}

/// The fields of the profile, still packed.
#[derive(Default)]
struct Parts<'a> {
    sample_types: Vec<&'a [u8]>,
    samples: Vec<&'a [u8]>,
    mappings: Vec<&'a [u8]>,
    locations: Vec<&'a [u8]>,
    functions: Vec<&'a [u8]>,
    strings: Vec<&'a [u8]>,
    time_nanos: u64,
    period_type: Option<&'a [u8]>,
    period: u64,
    default_type: u64,
}

pub(super) fn read(bytes: &[u8], draft: &mut Draft) -> Result<(), ImportError> {
    let parts = Parts::of(bytes).map_err(|malformed| damaged(draft, "it", malformed))?;
    draft.created_unix_millis = parts.time_nanos / NANOS_PER_MILLI;
    let usage = parts.usage().map_err(|malformed| damaged(draft, "a sample type", malformed))?;
    if let Some((column, _)) = usage.time.filter(|_| usage.is_no_time) {
        let kind = parts.value_type(parts.sample_types.get(column).copied().unwrap_or_default());
        let kind = kind.map_or(String::new(), |kind| kind.kind);
        draft.warn(format!("its numbers are no time but `{kind}`: each is shown as a nanosecond"));
    }
    if usage.time.is_some() {
        draft.warn(NO_ORDER.to_owned());
    }
    let places = Places::read(draft, &parts)?;
    let (mut ids, mut values) = (Vec::new(), Vec::new());
    for (number, sample) in parts.samples.iter().enumerate() {
        fill(sample, &mut ids, &mut values)
            .map_err(|malformed| damaged(draft, &format!("sample {number}"), malformed))?;
        let mut stack = None;
        for id in ids.iter().rev() {
            let Some(location) = places.0.get(id) else {
                let what = format!("sample {number} is at location {id}, which is not there");
                return Err(draft.damaged(what));
            };
            stack = Some(draft.stack(stack, *location)?);
        }
        add(draft, &usage, stack, &values)?;
    }
    Ok(())
}

fn damaged(draft: &Draft, what: &str, malformed: Malformed) -> ImportError {
    draft.damaged(format!("{what} breaks off, or has no sense, at byte {}", malformed.at))
}

fn fill(sample: &[u8], ids: &mut Vec<u64>, values: &mut Vec<i64>) -> Result<(), Malformed> {
    ids.clear();
    values.clear();
    for field in Fields::of(sample) {
        match field? {
            (1, value) => numbers(value).try_for_each(|id| id.map(|id| ids.push(id)))?,
            (2, value) => numbers(value).try_for_each(|number| number.map(|n| values.push(n as i64)))?,
            _ => {}
        }
    }
    Ok(())
}

/// What a profile says that was less than nothing, as differences of two do, is left out.
fn add(draft: &mut Draft, usage: &Use, stack: Option<StackId>, values: &[i64]) -> Result<(), ImportError> {
    let value = |column: usize| values.get(column).copied().filter(|value| *value > 0);
    if let Some((value, nanos)) = usage.time.and_then(|(column, nanos)| Some((value(column)?, nanos))) {
        draft.next_sample(stack, (value as f64 * nanos).round() as u64)?;
    }
    for (column, quantity) in &usage.sums {
        if let Some(value) = value(*column) {
            draft.sum(*quantity, stack, value as u64)?;
        }
    }
    Ok(())
}

impl<'a> Parts<'a> {
    fn of(bytes: &'a [u8]) -> Result<Parts<'a>, Malformed> {
        let mut parts = Parts::default();
        for field in Fields::of(bytes) {
            match field? {
                (1, Value::Bytes(bytes)) => parts.sample_types.push(bytes),
                (2, Value::Bytes(bytes)) => parts.samples.push(bytes),
                (3, Value::Bytes(bytes)) => parts.mappings.push(bytes),
                (4, Value::Bytes(bytes)) => parts.locations.push(bytes),
                (5, Value::Bytes(bytes)) => parts.functions.push(bytes),
                (6, Value::Bytes(bytes)) => parts.strings.push(bytes),
                (9, Value::Number(nanos)) => parts.time_nanos = nanos,
                (11, Value::Bytes(bytes)) => parts.period_type = Some(bytes),
                (12, Value::Number(period)) => parts.period = period,
                (14, Value::Number(name)) => parts.default_type = name,
                _ => {}
            }
        }
        Ok(parts)
    }

    fn string(&self, row: u64) -> String {
        let bytes = usize::try_from(row).ok().and_then(|row| self.strings.get(row));
        bytes.map_or(String::new(), |bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    fn usage(&self) -> Result<Use, Malformed> {
        let types: Result<Vec<_>, _> = self.sample_types.iter().map(|bytes| self.value_type(bytes)).collect();
        let types = types?;
        let period_type = self.period_type.map(|bytes| self.value_type(bytes)).transpose()?;
        let default = (self.default_type > 0).then(|| self.string(self.default_type));
        let default = default.and_then(|name| types.iter().position(|ty| ty.kind == name));
        Ok(use_of(&types, period_type.as_ref().map(|kind| (kind, self.period)), default))
    }

    fn value_type(&self, bytes: &[u8]) -> Result<ValueType, Malformed> {
        let Row([kind, unit, ..]) = Row::of(bytes)?;
        Ok(ValueType { kind: self.string(kind), unit: self.string(unit) })
    }
}

/// The numbers of a message by field, from 1; 0 where there is none.
struct Row([u64; 5]);

impl Row {
    fn of(bytes: &[u8]) -> Result<Row, Malformed> {
        let mut row = Row([0; 5]);
        for field in Fields::of(bytes) {
            if let (number, Value::Number(value)) = field?
                && let Some(cell) =
                    usize::try_from(number).ok().and_then(|n| row.0.get_mut(n.checked_sub(1)?))
            {
                *cell = value;
            }
        }
        Ok(row)
    }
}

/// The innermost place of each location, by its id.
struct Places(FxHashMap<u64, PlaceId>);

impl Places {
    fn read(draft: &mut Draft, parts: &Parts<'_>) -> Result<Places, ImportError> {
        let fault = |draft: &Draft, what: &str, row: usize, malformed| {
            damaged(draft, &format!("{what} {row}"), malformed)
        };
        let mut modules: FxHashMap<u64, Module> = FxHashMap::default();
        for (row, bytes) in parts.mappings.iter().enumerate() {
            let Row([id, start, _, offset, file]) =
                Row::of(bytes).map_err(|malformed| fault(draft, "mapping", row, malformed))?;
            modules.insert(id, Module { start, offset, file: parts.string(file) });
        }
        let mut functions: FxHashMap<u64, Named> = FxHashMap::default();
        for (row, bytes) in parts.functions.iter().enumerate() {
            let Row([id, name, system_name, file, line]) =
                Row::of(bytes).map_err(|malformed| fault(draft, "function", row, malformed))?;
            let name = parts.string(if name == 0 { system_name } else { name });
            let (file, line) = (parts.string(file), u32::try_from(line).unwrap_or(0));
            functions.insert(id, Named { name, file, line });
        }
        let mut places = FxHashMap::default();
        for (row, bytes) in parts.locations.iter().enumerate() {
            let location =
                Location::of(bytes).map_err(|malformed| fault(draft, "location", row, malformed))?;
            let module = modules.get(&location.mapping).filter(|module| is_module(&module.file));
            places.insert(location.id, location.place(draft, &functions, module)?);
        }
        Ok(Places(places))
    }
}

/// A function of the table.
struct Named {
    name: String,
    file: String,
    line: u32,
}

/// What is mapped into the address space.
struct Module {
    start: u64,
    offset: u64,
    file: String,
}

struct Location {
    id: u64,
    mapping: u64,
    address: u64,
    /// Function and line, innermost first.
    lines: Vec<(u64, u64)>,
}

impl Location {
    fn of(bytes: &[u8]) -> Result<Location, Malformed> {
        let Row([id, mapping, address, ..]) = Row::of(bytes)?;
        let mut lines = Vec::new();
        for field in Fields::of(bytes) {
            if let (4, Value::Bytes(line)) = field? {
                let Row([function, line, ..]) = Row::of(line)?;
                lines.push((function, line));
            }
        }
        Ok(Location { id, mapping, address, lines })
    }

    fn place(
        &self,
        draft: &mut Draft,
        functions: &FxHashMap<u64, Named>,
        module: Option<&Module>,
    ) -> Result<PlaceId, ImportError> {
        let address = |module: &Module| {
            u32::try_from(self.address.checked_sub(module.start)?.checked_add(module.offset)?).ok()
        };
        let offset = module.and_then(address).filter(|offset| *offset > 0);
        let mut place = None;
        for (function, line) in self.lines.iter().rev() {
            let function = match functions.get(function) {
                Some(Named { name, file, line }) => {
                    let is_wasm = module.is_some();
                    draft.function(Function { name, file, line: *line, is_wasm, module_offset: None })?
                }
                None => self.nameless(draft, module)?,
            };
            place = Some(draft.place(function, u32::try_from(*line).unwrap_or(0), offset, place));
        }
        match place {
            Some(place) => Ok(place),
            None => {
                let function = self.nameless(draft, module)?;
                Ok(draft.place(function, 0, offset, None))
            }
        }
    }

    fn nameless(&self, draft: &mut Draft, module: Option<&Module>) -> Result<FunctionId, ImportError> {
        let name = format!("{:#x}", self.address);
        let file = module.map_or("", |module| &module.file);
        draft.function(Function { name: &name, file, ..Function::default() })
    }
}
