/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * What the sanitizers and Valgrind must be told about a second stack. Everything here is nothing in
 * an ordinary build, except Valgrind's requests, which cost a few instructions.
 */
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define VR_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VR_ASAN 1
#endif
#endif
#ifndef VR_ASAN
#define VR_ASAN 0
#endif

#if VR_ASAN
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#define VR_NO_ASAN __attribute__((no_sanitize_address))
/** Before a switch. `save` = NULL: the stack that is left will not be returned to. */
#define vr_san_leave(save, bottom, size) __sanitizer_start_switch_fiber((save), (bottom), (size))
/** After it, on the stack that was entered. */
#define vr_san_enter(saved, old_bottom, old_size) __sanitizer_finish_switch_fiber((saved), (old_bottom), (old_size))
/* Memory that only a parked fiber holds is not leaked. */
#define vr_san_stack_new(bottom, size) __lsan_register_root_region((bottom), (size))
#define vr_san_stack_gone(bottom, size) __lsan_unregister_root_region((bottom), (size))
#else
#define VR_NO_ASAN
#define vr_san_leave(save, bottom, size) ((void)0)
#define vr_san_enter(saved, old_bottom, old_size) ((void)0)
#define vr_san_stack_new(bottom, size) ((void)0)
#define vr_san_stack_gone(bottom, size) ((void)0)
#endif

/* ThreadSanitizer keeps a state for each fiber. */
#if defined(__SANITIZE_THREAD__)
#define VR_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define VR_TSAN 1
#endif
#endif
#ifdef VR_TSAN
#include <sanitizer/tsan_interface.h>
#define vr_tsan_new() __tsan_create_fiber(0)
#define vr_tsan_free(fiber) __tsan_destroy_fiber(fiber)
#define vr_tsan_self() __tsan_get_current_fiber()
#define vr_tsan_switch(fiber) __tsan_switch_to_fiber((fiber), 0)
#else
#define vr_tsan_new() NULL
#define vr_tsan_free(fiber) ((void)(fiber))
#define vr_tsan_self() NULL
#define vr_tsan_switch(fiber) ((void)(fiber))
#endif

#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#define VR_VALGRIND 1
#endif
#endif
#ifdef VR_VALGRIND
#define vr_valgrind_stack_new(bottom, top) VALGRIND_STACK_REGISTER((bottom), (top))
#define vr_valgrind_stack_gone(id) VALGRIND_STACK_DEREGISTER(id)
#define vr_on_valgrind() RUNNING_ON_VALGRIND
#else
#define vr_valgrind_stack_new(bottom, top) 0u
#define vr_valgrind_stack_gone(id) ((void)(id))
#define vr_on_valgrind() 0
#endif
