//! Emscripten's `invoke_*`: calls through the program's table that a `longjmp` may end.

use super::call::Call;
use super::entry::Answer;
use wasmtime::{AsContextMut, Error, Extern, Func, Result, Val};

/// What `longjmp` throws: the `invoke_*` that it leads back to catches it.
#[derive(Debug, thiserror::Error)]
#[error("a long jump leads to no call that waits for one")]
pub struct Longjmp;

/// Calls the function whose index in the table is the first argument with the other arguments. Where that ends by a
/// long jump the program's stack is put back, and `setThrew` tells the program.
pub async fn invoke(call: &mut Call<'_>) -> Answer {
    let func = callee(call)?;
    let stack = saved_stack(call).await?;
    let mut results: Vec<_> = func.ty(&call.caller).results().map(|_| Val::I32(0)).collect();
    let args = call.args.get(1..).unwrap_or_default();
    match func.call_async(call.caller.as_context_mut(), args, &mut results).await {
        Ok(()) => Ok(results.first().copied()),
        Err(error) if error.is::<Longjmp>() => {
            restore_stack(call, stack).await?;
            set_threw(call).await?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn callee(call: &mut Call<'_>) -> Result<Func> {
    let table = call.export("__indirect_function_table").and_then(Extern::into_table);
    let at = call.u32(0);
    let entry = table.and_then(|table| table.get(&mut call.caller, u64::from(at)));
    let func = entry.and_then(|entry| entry.as_func().flatten().copied());
    func.ok_or_else(|| Error::msg(format!("{}: no function {at} in the program's table", call.name)))
}

async fn saved_stack(call: &mut Call<'_>) -> Result<Option<Val>> {
    let names = ["emscripten_stack_get_current", "stackSave"];
    let Some(save) = names.into_iter().find_map(|name| call.exported_function(name)) else { return Ok(None) };
    let mut stack = [Val::I32(0)];
    save.call_async(call.caller.as_context_mut(), &[], &mut stack).await?;
    Ok(stack.first().copied())
}

async fn restore_stack(call: &mut Call<'_>, stack: Option<Val>) -> Result<()> {
    let names = ["_emscripten_stack_restore", "stackRestore"];
    match (stack, names.into_iter().find_map(|name| call.exported_function(name))) {
        (Some(stack), Some(restore)) => {
            restore.call_async(call.caller.as_context_mut(), &[stack], &mut []).await
        }
        _ => Ok(()),
    }
}

async fn set_threw(call: &mut Call<'_>) -> Result<()> {
    let missing = || Error::msg("a long jump in a program without `setThrew`");
    let set = call
        .exported_function("setThrew")
        .or_else(|| call.exported_function("_setThrew"))
        .ok_or_else(missing)?;
    set.call_async(call.caller.as_context_mut(), &[Val::I32(1), Val::I32(0)], &mut []).await
}
