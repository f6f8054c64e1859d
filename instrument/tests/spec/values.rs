//! Values: arguments as scripts write them, and whether results are what a script expects.

use crate::common::seen;
use wasmtime::{AnyRef, ExternRef, Result, Store, Val, bail};
use wast::core::{AbstractHeapType, HeapType, NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::token::{F32, F64};
use wast::{WastArg, WastRet};

/// The argument for a call.
pub fn argument(store: &mut Store<()>, argument: &WastArg<'_>) -> Result<Val> {
    let WastArg::Core(argument) = argument else { bail!("an argument for a component") };
    Ok(match argument {
        WastArgCore::I32(value) => Val::I32(*value),
        WastArgCore::I64(value) => Val::I64(*value),
        WastArgCore::F32(value) => Val::F32(value.bits),
        WastArgCore::F64(value) => Val::F64(value.bits),
        WastArgCore::V128(value) => Val::V128(u128::from_le_bytes(value.to_le_bytes()).into()),
        WastArgCore::RefNull(ty) => null(ty)?,
        WastArgCore::RefExtern(value) => Val::ExternRef(Some(ExternRef::new(store, *value)?)),
        WastArgCore::RefHost(value) => {
            let value = ExternRef::new(&mut *store, *value)?;
            Val::AnyRef(Some(AnyRef::convert_extern(store, value)?))
        }
    })
}

fn null(ty: &HeapType<'_>) -> Result<Val> {
    use AbstractHeapType::{Any, Array, Eq, Exn, Extern, Func, I31, NoExn, NoExtern, NoFunc, None, Struct};
    let HeapType::Abstract { ty, .. } = ty else { bail!("a null of a type of its own") };
    Ok(match ty {
        Func | NoFunc => Val::FuncRef(Option::None),
        Extern | NoExtern => Val::ExternRef(Option::None),
        Exn | NoExn => Val::ExnRef(Option::None),
        Any | Eq | Struct | Array | I31 | None => Val::AnyRef(Option::None),
        _ => bail!("a null of another type"),
    })
}

/// Is the value what a script expects?
pub fn is(store: &mut Store<()>, value: &Val, expected: &WastRet<'_>) -> Result<bool> {
    match expected {
        WastRet::Core(expected) => is_core(store, value, expected),
        _ => bail!("a result of a component"),
    }
}

fn is_core(store: &mut Store<()>, value: &Val, expected: &WastRetCore<'_>) -> Result<bool> {
    use WastRetCore as Ret;
    let seen = seen::value(&mut *store, value)?;
    Ok(match (value, expected) {
        (_, Ret::Either(all)) => {
            for expected in all {
                if is_core(store, value, expected)? {
                    return Ok(true);
                }
            }
            false
        }
        (Val::I32(value), Ret::I32(expected)) => value == expected,
        (Val::I64(value), Ret::I64(expected)) => value == expected,
        (Val::F32(bits), Ret::F32(expected)) => is_f32(*bits, expected),
        (Val::F64(bits), Ret::F64(expected)) => is_f64(*bits, expected),
        (Val::V128(value), Ret::V128(expected)) => is_v128(value.as_u128(), expected),
        (_, Ret::RefNull(_)) => seen == "null",
        (Val::ExternRef(Some(_)), Ret::RefExtern(None)) | (Val::FuncRef(Some(_)), Ret::RefFunc(_)) => true,
        (Val::ExternRef(Some(_)), Ret::RefExtern(Some(number))) => seen == format!("extern Some({number})"),
        (Val::AnyRef(Some(_)), Ret::RefHost(number)) => seen == format!("host Some({number})"),
        (Val::AnyRef(Some(_)), Ret::RefAny) => true,
        (Val::AnyRef(Some(value)), Ret::RefEq) => value.is_eqref(store)?,
        (Val::AnyRef(Some(_)), Ret::RefArray) => seen == "array",
        (Val::AnyRef(Some(_)), Ret::RefStruct) => seen == "struct",
        (Val::AnyRef(Some(_)), Ret::RefI31) => seen.starts_with("i31"),
        _ => false,
    })
}

fn is_f32(bits: u32, expected: &NanPattern<F32>) -> bool {
    const QUIET: u32 = 0x7fc0_0000;
    match expected {
        NanPattern::CanonicalNan => bits & !(1 << 31) == QUIET,
        NanPattern::ArithmeticNan => bits & QUIET == QUIET,
        NanPattern::Value(expected) => bits == expected.bits,
    }
}

fn is_f64(bits: u64, expected: &NanPattern<F64>) -> bool {
    const QUIET: u64 = 0x7ff8_0000_0000_0000;
    match expected {
        NanPattern::CanonicalNan => bits & !(1 << 63) == QUIET,
        NanPattern::ArithmeticNan => bits & QUIET == QUIET,
        NanPattern::Value(expected) => bits == expected.bits,
    }
}

fn is_v128(bits: u128, expected: &V128Pattern) -> bool {
    let lane = |at: usize, width: usize| bits >> (at * width);
    let mut lanes: Box<dyn Iterator<Item = bool>> = match expected {
        V128Pattern::I8x16(lanes) => {
            Box::new(lanes.iter().enumerate().map(|(at, x)| lane(at, 8) as i8 == *x))
        }
        V128Pattern::I16x8(lanes) => {
            Box::new(lanes.iter().enumerate().map(|(at, x)| lane(at, 16) as i16 == *x))
        }
        V128Pattern::I32x4(lanes) => {
            Box::new(lanes.iter().enumerate().map(|(at, x)| lane(at, 32) as i32 == *x))
        }
        V128Pattern::I64x2(lanes) => {
            Box::new(lanes.iter().enumerate().map(|(at, x)| lane(at, 64) as i64 == *x))
        }
        V128Pattern::F32x4(lanes) => {
            Box::new(lanes.iter().enumerate().map(|(at, x)| is_f32(lane(at, 32) as u32, x)))
        }
        V128Pattern::F64x2(lanes) => {
            Box::new(lanes.iter().enumerate().map(|(at, x)| is_f64(lane(at, 64) as u64, x)))
        }
    };
    lanes.all(|same| same)
}
