/*
 * The five natives of org.opensearch.ccr.core.NativeCore. They check buffers and hand on to ccr/session.h, nothing
 * else.
 *
 * Results: a handle or a length is >= 0 in the low half; `status << 32 | length` carries both. A failed call leaves an
 * ErrorDetail message at the head of the out buffer. C never throws for a status: only IllegalArgumentException for a
 * buffer that is null, not direct, or shorter than the caller says. Nothing is kept after return, no object is walked,
 * no thread is attached, and no critical region is entered, so a call never holds up a safepoint.
 */
#include <jni.h>
#include <stdatomic.h>

#include "ccr/session.h"

#define CORE_CLASS "org/opensearch/ccr/core/NativeCore"

static _Atomic(struct ccr_runtime *) runtime;

static void throw_argument(JNIEnv *env, const char *text)
{
    jclass c = (*env)->FindClass(env, "java/lang/IllegalArgumentException");
    if (c != NULL) {
        (void)(*env)->ThrowNew(env, c, text);
        (*env)->DeleteLocalRef(env, c);
    }
}

/* [pos, pos + len) of a direct buffer; NULL with an exception pending when that is not within it. */
static uint8_t *region(JNIEnv *env, jobject buffer, jint pos, jint len)
{
    if (buffer == NULL) {
        throw_argument(env, "the buffer is null");
        return NULL;
    }
    uint8_t *base = (*env)->GetDirectBufferAddress(env, buffer);
    jlong capacity = (*env)->GetDirectBufferCapacity(env, buffer);
    if (base == NULL || capacity < 0) {
        throw_argument(env, "the buffer is not direct");
        return NULL;
    }
    if (pos < 0 || len < 0 || (jlong)pos + (jlong)len > capacity) {
        throw_argument(env, "position and length are not within the buffer");
        return NULL;
    }
    return base + pos;
}

static jlong result_of(struct ccr_status s, size_t len)
{
    return (jlong)((uint64_t)(uint32_t)s.code << 32 | (len & UINT32_MAX));
}

/* What a failure answers: the detail goes where the answer would have gone. */
static jlong failed(struct ccr_status s, struct ccr_err *err, uint8_t *out, jint cap)
{
    err->status = s;
    return result_of(s, ccr_err_pack(err, out, (size_t)cap));
}

static jint native_abi(JNIEnv *env, jclass c)
{
    (void)env;
    (void)c;
    return (jint)ccr_abi();
}

static jlong native_init(JNIEnv *env, jclass c, jobject in, jint in_pos, jint in_len, jobject detail, jint detail_pos,
                         jint detail_cap)
{
    (void)c;
    const uint8_t *from = region(env, in, in_pos, in_len);
    uint8_t *to = from == NULL ? NULL : region(env, detail, detail_pos, detail_cap);
    if (to == NULL) {
        return 0;
    }
    struct ccr_err err = {0};
    struct ccr_runtime *made;
    struct ccr_status s = ccr_runtime_new(&made, ccr_alloc_system(), from, (size_t)in_len, &err);
    if (!ccr_ok(s)) {
        return -failed(s, &err, to, detail_cap);
    }
    struct ccr_runtime *none = NULL;
    if (!atomic_compare_exchange_strong(&runtime, &none, made)) {
        ccr_runtime_free(made);
        return -failed(ccr_err_set(&err, CCR_ARG, "the core was started before"), &err, to, detail_cap);
    }
    return 0;
}

static jlong native_open(JNIEnv *env, jclass c, jint kind, jobject in, jint in_pos, jint in_len, jobject detail,
                         jint detail_pos, jint detail_cap)
{
    (void)c;
    const uint8_t *from = region(env, in, in_pos, in_len);
    uint8_t *to = from == NULL ? NULL : region(env, detail, detail_pos, detail_cap);
    if (to == NULL) {
        return 0;
    }
    struct ccr_err err = {0};
    struct ccr_runtime *rt = atomic_load(&runtime);
    if (rt == NULL) {
        return -failed(ccr_err_set(&err, CCR_CLOSED, "the core was not started"), &err, to, detail_cap);
    }
    int64_t handle;
    struct ccr_status s = ccr_session_open(rt, (enum ccr_session_kind)kind, from, (size_t)in_len, &handle, &err);
    return ccr_ok(s) ? (jlong)handle : -failed(s, &err, to, detail_cap);
}

static jlong native_call(JNIEnv *env, jclass c, jlong handle, jint method, jobject in, jint in_pos, jint in_len,
                         jobject out, jint out_pos, jint out_cap)
{
    (void)c;
    const uint8_t *from = region(env, in, in_pos, in_len);
    uint8_t *to = from == NULL ? NULL : region(env, out, out_pos, out_cap);
    if (to == NULL) {
        return 0;
    }
    struct ccr_err err = {0};
    if (from < to + out_cap && to < from + in_len) {
        return failed(ccr_err_set(&err, CCR_ARG, "in and out overlap"), &err, to, 0);
    }
    struct ccr_runtime *rt = atomic_load(&runtime);
    if (rt == NULL) {
        return failed(ccr_err_set(&err, CCR_CLOSED, "the core was not started"), &err, to, out_cap);
    }
    size_t len = 0;
    struct ccr_status s = ccr_session_call(rt, (int64_t)handle, (enum ccr_method)method, from, (size_t)in_len, to,
                                           (size_t)out_cap, &len, &err);
    if (ccr_ok(s)) {
        return result_of(s, len);
    }
    if (ccr_is(s, CCR_NOBUF) && len > INT32_MAX) {
        s = ccr_err_set(&err, CCR_LIMIT, "the answer needs %zu bytes, more than a Java buffer can hold", len);
    }
    return ccr_is(s, CCR_NOBUF) ? result_of(s, len) : failed(s, &err, to, out_cap);
}

static jint native_close(JNIEnv *env, jclass c, jlong handle)
{
    (void)env;
    (void)c;
    struct ccr_runtime *rt = atomic_load(&runtime);
    return rt == NULL ? CCR_CLOSED : ccr_session_close(rt, (int64_t)handle).code;
}

#define BUFFER "Ljava/nio/ByteBuffer;"

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *reserved)
{
    (void)reserved;
    static char abi_name[] = "abi", abi_type[] = "()I";
    static char init_name[] = "init", init_type[] = "(" BUFFER "II" BUFFER "II)J";
    static char open_name[] = "open", open_type[] = "(I" BUFFER "II" BUFFER "II)J";
    static char call_name[] = "call", call_type[] = "(JI" BUFFER "II" BUFFER "II)J";
    static char close_name[] = "close", close_type[] = "(J)I";
    /* Registered, not found by name: no Java_* symbol leaves the library, and a missing one is told at load. */
    static const JNINativeMethod methods[] = {
        {abi_name, abi_type, (void *)native_abi},       {init_name, init_type, (void *)native_init},
        {open_name, open_type, (void *)native_open},    {call_name, call_type, (void *)native_call},
        {close_name, close_type, (void *)native_close},
    };
    JNIEnv *env;
    if ((*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_1_8) != JNI_OK) {
        return JNI_ERR;
    }
    jclass core = (*env)->FindClass(env, CORE_CLASS);
    if (core == NULL || (*env)->RegisterNatives(env, core, methods, sizeof methods / sizeof *methods) != JNI_OK) {
        return JNI_ERR;
    }
    (*env)->DeleteLocalRef(env, core);
    return JNI_VERSION_1_8;
}

JNIEXPORT void JNICALL JNI_OnUnload(JavaVM *vm, void *reserved)
{
    (void)vm;
    (void)reserved;
    ccr_runtime_free(atomic_exchange(&runtime, NULL));
}
