/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of keys, as the kernel, Windows and macOS call them. */
#include "keys.h"

#include <string.h>
#include "base/str.h"

struct key {
    unsigned short code;
    const char *name;
};

/* In the order of VIR_KEYCODE_SET_*. */
const char *const vr_codesets[] = { "linux", "xt", "atset1", "atset2", "atset3", "os_x", "xt_kbd", "usb", "win32", "qnum", NULL };

static const struct key linux_keys[] = {
    { 0, "KEY_RESERVED" }, { 1, "KEY_ESC" }, { 2, "KEY_1" }, { 3, "KEY_2" }, { 4, "KEY_3" }, { 5, "KEY_4" },
    { 6, "KEY_5" }, { 7, "KEY_6" }, { 8, "KEY_7" }, { 9, "KEY_8" }, { 10, "KEY_9" }, { 11, "KEY_0" },
    { 12, "KEY_MINUS" }, { 13, "KEY_EQUAL" }, { 14, "KEY_BACKSPACE" }, { 15, "KEY_TAB" }, { 16, "KEY_Q" },
    { 17, "KEY_W" }, { 18, "KEY_E" }, { 19, "KEY_R" }, { 20, "KEY_T" }, { 21, "KEY_Y" }, { 22, "KEY_U" },
    { 23, "KEY_I" }, { 24, "KEY_O" }, { 25, "KEY_P" }, { 26, "KEY_LEFTBRACE" }, { 27, "KEY_RIGHTBRACE" },
    { 28, "KEY_ENTER" }, { 29, "KEY_LEFTCTRL" }, { 30, "KEY_A" }, { 31, "KEY_S" }, { 32, "KEY_D" }, { 33, "KEY_F" },
    { 34, "KEY_G" }, { 35, "KEY_H" }, { 36, "KEY_J" }, { 37, "KEY_K" }, { 38, "KEY_L" }, { 39, "KEY_SEMICOLON" },
    { 40, "KEY_APOSTROPHE" }, { 41, "KEY_GRAVE" }, { 42, "KEY_LEFTSHIFT" }, { 43, "KEY_BACKSLASH" }, { 44, "KEY_Z" },
    { 45, "KEY_X" }, { 46, "KEY_C" }, { 47, "KEY_V" }, { 48, "KEY_B" }, { 49, "KEY_N" }, { 50, "KEY_M" },
    { 51, "KEY_COMMA" }, { 52, "KEY_DOT" }, { 53, "KEY_SLASH" }, { 54, "KEY_RIGHTSHIFT" }, { 55, "KEY_KPASTERISK" },
    { 56, "KEY_LEFTALT" }, { 57, "KEY_SPACE" }, { 58, "KEY_CAPSLOCK" }, { 59, "KEY_F1" }, { 60, "KEY_F2" },
    { 61, "KEY_F3" }, { 62, "KEY_F4" }, { 63, "KEY_F5" }, { 64, "KEY_F6" }, { 65, "KEY_F7" }, { 66, "KEY_F8" },
    { 67, "KEY_F9" }, { 68, "KEY_F10" }, { 69, "KEY_NUMLOCK" }, { 70, "KEY_SCROLLLOCK" }, { 71, "KEY_KP7" },
    { 72, "KEY_KP8" }, { 73, "KEY_KP9" }, { 74, "KEY_KPMINUS" }, { 75, "KEY_KP4" }, { 76, "KEY_KP5" },
    { 77, "KEY_KP6" }, { 78, "KEY_KPPLUS" }, { 79, "KEY_KP1" }, { 80, "KEY_KP2" }, { 81, "KEY_KP3" },
    { 82, "KEY_KP0" }, { 83, "KEY_KPDOT" }, { 85, "KEY_ZENKAKUHANKAKU" }, { 86, "KEY_102ND" }, { 87, "KEY_F11" },
    { 88, "KEY_F12" }, { 89, "KEY_RO" }, { 90, "KEY_KATAKANA" }, { 91, "KEY_HIRAGANA" }, { 92, "KEY_HENKAN" },
    { 93, "KEY_KATAKANAHIRAGANA" }, { 94, "KEY_MUHENKAN" }, { 95, "KEY_KPJPCOMMA" }, { 96, "KEY_KPENTER" },
    { 97, "KEY_RIGHTCTRL" }, { 98, "KEY_KPSLASH" }, { 99, "KEY_SYSRQ" }, { 100, "KEY_RIGHTALT" },
    { 101, "KEY_LINEFEED" }, { 102, "KEY_HOME" }, { 103, "KEY_UP" }, { 104, "KEY_PAGEUP" }, { 105, "KEY_LEFT" },
    { 106, "KEY_RIGHT" }, { 107, "KEY_END" }, { 108, "KEY_DOWN" }, { 109, "KEY_PAGEDOWN" }, { 110, "KEY_INSERT" },
    { 111, "KEY_DELETE" }, { 112, "KEY_MACRO" }, { 113, "KEY_MUTE" }, { 114, "KEY_VOLUMEDOWN" },
    { 115, "KEY_VOLUMEUP" }, { 116, "KEY_POWER" }, { 117, "KEY_KPEQUAL" }, { 118, "KEY_KPPLUSMINUS" },
    { 119, "KEY_PAUSE" }, { 120, "KEY_SCALE" }, { 121, "KEY_KPCOMMA" }, { 122, "KEY_HANGEUL" }, { 123, "KEY_HANJA" },
    { 124, "KEY_YEN" }, { 125, "KEY_LEFTMETA" }, { 126, "KEY_RIGHTMETA" }, { 127, "KEY_COMPOSE" }, { 128, "KEY_STOP" },
    { 129, "KEY_AGAIN" }, { 130, "KEY_PROPS" }, { 131, "KEY_UNDO" }, { 132, "KEY_FRONT" }, { 133, "KEY_COPY" },
    { 134, "KEY_OPEN" }, { 135, "KEY_PASTE" }, { 136, "KEY_FIND" }, { 137, "KEY_CUT" }, { 138, "KEY_HELP" },
    { 139, "KEY_MENU" }, { 140, "KEY_CALC" }, { 141, "KEY_SETUP" }, { 142, "KEY_SLEEP" }, { 143, "KEY_WAKEUP" },
    { 144, "KEY_FILE" }, { 145, "KEY_SENDFILE" }, { 146, "KEY_DELETEFILE" }, { 147, "KEY_XFER" }, { 148, "KEY_PROG1" },
    { 149, "KEY_PROG2" }, { 150, "KEY_WWW" }, { 151, "KEY_MSDOS" }, { 152, "KEY_SCREENLOCK" },
    { 153, "KEY_DIRECTION" }, { 154, "KEY_CYCLEWINDOWS" }, { 155, "KEY_MAIL" }, { 156, "KEY_BOOKMARKS" },
    { 157, "KEY_COMPUTER" }, { 158, "KEY_BACK" }, { 159, "KEY_FORWARD" }, { 160, "KEY_CLOSECD" },
    { 161, "KEY_EJECTCD" }, { 162, "KEY_EJECTCLOSECD" }, { 163, "KEY_NEXTSONG" }, { 164, "KEY_PLAYPAUSE" },
    { 165, "KEY_PREVIOUSSONG" }, { 166, "KEY_STOPCD" }, { 167, "KEY_RECORD" }, { 168, "KEY_REWIND" },
    { 169, "KEY_PHONE" }, { 170, "KEY_ISO" }, { 171, "KEY_CONFIG" }, { 172, "KEY_HOMEPAGE" }, { 173, "KEY_REFRESH" },
    { 174, "KEY_EXIT" }, { 175, "KEY_MOVE" }, { 176, "KEY_EDIT" }, { 177, "KEY_SCROLLUP" }, { 178, "KEY_SCROLLDOWN" },
    { 179, "KEY_KPLEFTPAREN" }, { 180, "KEY_KPRIGHTPAREN" }, { 181, "KEY_NEW" }, { 182, "KEY_REDO" },
    { 183, "KEY_F13" }, { 184, "KEY_F14" }, { 185, "KEY_F15" }, { 186, "KEY_F16" }, { 187, "KEY_F17" },
    { 188, "KEY_F18" }, { 189, "KEY_F19" }, { 190, "KEY_F20" }, { 191, "KEY_F21" }, { 192, "KEY_F22" },
    { 193, "KEY_F23" }, { 194, "KEY_F24" }, { 200, "KEY_PLAYCD" }, { 201, "KEY_PAUSECD" }, { 202, "KEY_PROG3" },
    { 203, "KEY_PROG4" }, { 204, "KEY_DASHBOARD" }, { 205, "KEY_SUSPEND" }, { 206, "KEY_CLOSE" }, { 207, "KEY_PLAY" },
    { 208, "KEY_FASTFORWARD" }, { 209, "KEY_BASSBOOST" }, { 210, "KEY_PRINT" }, { 211, "KEY_HP" },
    { 212, "KEY_CAMERA" }, { 213, "KEY_SOUND" }, { 214, "KEY_QUESTION" }, { 215, "KEY_EMAIL" }, { 216, "KEY_CHAT" },
    { 217, "KEY_SEARCH" }, { 218, "KEY_CONNECT" }, { 219, "KEY_FINANCE" }, { 220, "KEY_SPORT" }, { 221, "KEY_SHOP" },
    { 222, "KEY_ALTERASE" }, { 223, "KEY_CANCEL" }, { 224, "KEY_BRIGHTNESSDOWN" }, { 225, "KEY_BRIGHTNESSUP" },
    { 226, "KEY_MEDIA" }, { 227, "KEY_SWITCHVIDEOMODE" }, { 228, "KEY_KBDILLUMTOGGLE" }, { 229, "KEY_KBDILLUMDOWN" },
    { 230, "KEY_KBDILLUMUP" }, { 231, "KEY_SEND" }, { 232, "KEY_REPLY" }, { 233, "KEY_FORWARDMAIL" },
    { 234, "KEY_SAVE" }, { 235, "KEY_DOCUMENTS" }, { 236, "KEY_BATTERY" }, { 237, "KEY_BLUETOOTH" },
    { 238, "KEY_WLAN" }, { 239, "KEY_UWB" }, { 240, "KEY_UNKNOWN" }, { 241, "KEY_VIDEO_NEXT" },
    { 242, "KEY_VIDEO_PREV" }, { 243, "KEY_BRIGHTNESS_CYCLE" }, { 244, "KEY_BRIGHTNESS_ZERO" },
    { 245, "KEY_DISPLAY_OFF" }, { 246, "KEY_WIMAX" }, { 352, "KEY_OK" }, { 353, "KEY_SELECT" }, { 354, "KEY_GOTO" },
    { 355, "KEY_CLEAR" }, { 356, "KEY_POWER2" }, { 357, "KEY_OPTION" }, { 358, "KEY_INFO" }, { 359, "KEY_TIME" },
    { 360, "KEY_VENDOR" }, { 361, "KEY_ARCHIVE" }, { 362, "KEY_PROGRAM" }, { 363, "KEY_CHANNEL" },
    { 364, "KEY_FAVORITES" }, { 365, "KEY_EPG" }, { 366, "KEY_PVR" }, { 367, "KEY_MHP" }, { 368, "KEY_LANGUAGE" },
    { 369, "KEY_TITLE" }, { 370, "KEY_SUBTITLE" }, { 371, "KEY_ANGLE" }, { 372, "KEY_ZOOM" }, { 373, "KEY_MODE" },
    { 374, "KEY_KEYBOARD" }, { 375, "KEY_SCREEN" }, { 376, "KEY_PC" }, { 377, "KEY_TV" }, { 378, "KEY_TV2" },
    { 379, "KEY_VCR" }, { 380, "KEY_VCR2" }, { 381, "KEY_SAT" }, { 382, "KEY_SAT2" }, { 383, "KEY_CD" },
    { 384, "KEY_TAPE" }, { 385, "KEY_RADIO" }, { 386, "KEY_TUNER" }, { 387, "KEY_PLAYER" }, { 388, "KEY_TEXT" },
    { 389, "KEY_DVD" }, { 390, "KEY_AUX" }, { 391, "KEY_MP3" }, { 392, "KEY_AUDIO" }, { 393, "KEY_VIDEO" },
    { 394, "KEY_DIRECTORY" }, { 395, "KEY_LIST" }, { 396, "KEY_MEMO" }, { 397, "KEY_CALENDAR" }, { 398, "KEY_RED" },
    { 399, "KEY_GREEN" }, { 400, "KEY_YELLOW" }, { 401, "KEY_BLUE" }, { 402, "KEY_CHANNELUP" },
    { 403, "KEY_CHANNELDOWN" }, { 404, "KEY_FIRST" }, { 405, "KEY_LAST" }, { 406, "KEY_AB" }, { 407, "KEY_NEXT" },
    { 408, "KEY_RESTART" }, { 409, "KEY_SLOW" }, { 410, "KEY_SHUFFLE" }, { 411, "KEY_BREAK" }, { 412, "KEY_PREVIOUS" },
    { 413, "KEY_DIGITS" }, { 414, "KEY_TEEN" }, { 415, "KEY_TWEN" }, { 416, "KEY_VIDEOPHONE" }, { 417, "KEY_GAMES" },
    { 418, "KEY_ZOOMIN" }, { 419, "KEY_ZOOMOUT" }, { 420, "KEY_ZOOMRESET" }, { 421, "KEY_WORDPROCESSOR" },
    { 422, "KEY_EDITOR" }, { 423, "KEY_SPREADSHEET" }, { 424, "KEY_GRAPHICSEDITOR" }, { 425, "KEY_PRESENTATION" },
    { 426, "KEY_DATABASE" }, { 427, "KEY_NEWS" }, { 428, "KEY_VOICEMAIL" }, { 429, "KEY_ADDRESSBOOK" },
    { 430, "KEY_MESSENGER" }, { 431, "KEY_DISPLAYTOGGLE" }, { 432, "KEY_SPELLCHECK" }, { 433, "KEY_LOGOFF" },
    { 434, "KEY_DOLLAR" }, { 435, "KEY_EURO" }, { 436, "KEY_FRAMEBACK" }, { 437, "KEY_FRAMEFORWARD" },
    { 438, "KEY_CONTEXT_MENU" }, { 439, "KEY_MEDIA_REPEAT" }, { 448, "KEY_DEL_EOL" }, { 449, "KEY_DEL_EOS" },
    { 450, "KEY_INS_LINE" }, { 451, "KEY_DEL_LINE" }, { 464, "KEY_FN" }, { 465, "KEY_FN_ESC" }, { 466, "KEY_FN_F1" },
    { 467, "KEY_FN_F2" }, { 468, "KEY_FN_F3" }, { 469, "KEY_FN_F4" }, { 470, "KEY_FN_F5" }, { 471, "KEY_FN_F6" },
    { 472, "KEY_FN_F7" }, { 473, "KEY_FN_F8" }, { 474, "KEY_FN_F9" }, { 475, "KEY_FN_F10" }, { 476, "KEY_FN_F11" },
    { 477, "KEY_FN_F12" }, { 478, "KEY_FN_1" }, { 479, "KEY_FN_2" }, { 480, "KEY_FN_D" }, { 481, "KEY_FN_E" },
    { 482, "KEY_FN_F" }, { 483, "KEY_FN_S" }, { 484, "KEY_FN_B" }, { 497, "KEY_BRL_DOT1" }, { 498, "KEY_BRL_DOT2" },
    { 499, "KEY_BRL_DOT3" }, { 500, "KEY_BRL_DOT4" }, { 501, "KEY_BRL_DOT5" }, { 502, "KEY_BRL_DOT6" },
    { 503, "KEY_BRL_DOT7" }, { 504, "KEY_BRL_DOT8" }, { 505, "KEY_BRL_DOT9" }, { 506, "KEY_BRL_DOT10" },
    { 512, "KEY_NUMERIC_0" }, { 513, "KEY_NUMERIC_1" }, { 514, "KEY_NUMERIC_2" }, { 515, "KEY_NUMERIC_3" },
    { 516, "KEY_NUMERIC_4" }, { 517, "KEY_NUMERIC_5" }, { 518, "KEY_NUMERIC_6" }, { 519, "KEY_NUMERIC_7" },
    { 520, "KEY_NUMERIC_8" }, { 521, "KEY_NUMERIC_9" }, { 522, "KEY_NUMERIC_STAR" }, { 523, "KEY_NUMERIC_POUND" },
    { 524, "KEY_RFKILL" },
};

static const struct key win32_keys[] = {
    { 1, "VK_LBUTTON" }, { 2, "VK_RBUTTON" }, { 4, "VK_MBUTTON" }, { 5, "VK_XBUTTON1" }, { 6, "VK_XBUTTON2" },
    { 8, "VK_BACK" }, { 9, "VK_TAB" }, { 13, "VK_RETURN" }, { 17, "VK_CONTROL" }, { 18, "VK_MENU" },
    { 19, "VK_PAUSE" }, { 20, "VK_CAPITAL" }, { 21, "VK_KANA" }, { 22, "VK_IME_ON" }, { 26, "VK_IME_OFF" },
    { 27, "VK_ESCAPE" }, { 28, "VK_CONVERT" }, { 29, "VK_NONCONVERT" }, { 32, "VK_SPACE" }, { 33, "VK_PRIOR" },
    { 34, "VK_NEXT" }, { 35, "VK_END" }, { 36, "VK_HOME" }, { 37, "VK_LEFT" }, { 38, "VK_UP" }, { 39, "VK_RIGHT" },
    { 40, "VK_DOWN" }, { 41, "VK_SELECT" }, { 42, "VK_PRINT" }, { 44, "VK_SNAPSHOT" }, { 45, "VK_INSERT" },
    { 46, "VK_DELETE" }, { 47, "VK_HELP" }, { 48, "VK_0" }, { 49, "VK_1" }, { 50, "VK_2" }, { 51, "VK_3" },
    { 52, "VK_4" }, { 53, "VK_5" }, { 54, "VK_6" }, { 55, "VK_7" }, { 56, "VK_8" }, { 57, "VK_9" }, { 65, "VK_A" },
    { 66, "VK_B" }, { 67, "VK_C" }, { 68, "VK_D" }, { 69, "VK_E" }, { 70, "VK_F" }, { 71, "VK_G" }, { 72, "VK_H" },
    { 73, "VK_I" }, { 74, "VK_J" }, { 75, "VK_K" }, { 76, "VK_L" }, { 77, "VK_M" }, { 78, "VK_N" }, { 79, "VK_O" },
    { 80, "VK_P" }, { 81, "VK_Q" }, { 82, "VK_R" }, { 83, "VK_S" }, { 84, "VK_T" }, { 85, "VK_U" }, { 86, "VK_V" },
    { 87, "VK_W" }, { 88, "VK_X" }, { 89, "VK_Y" }, { 90, "VK_Z" }, { 91, "VK_LWIN" }, { 92, "VK_RWIN" },
    { 93, "VK_APPS" }, { 95, "VK_SLEEP" }, { 96, "VK_NUMPAD0" }, { 97, "VK_NUMPAD1" }, { 98, "VK_NUMPAD2" },
    { 99, "VK_NUMPAD3" }, { 100, "VK_NUMPAD4" }, { 101, "VK_NUMPAD5" }, { 102, "VK_NUMPAD6" }, { 103, "VK_NUMPAD7" },
    { 104, "VK_NUMPAD8" }, { 105, "VK_NUMPAD9" }, { 106, "VK_MULTIPLY" }, { 107, "VK_ADD" }, { 108, "VK_SEPARATOR??" },
    { 109, "VK_SUBTRACT" }, { 110, "VK_DECIMAL" }, { 111, "VK_DIVIDE" }, { 112, "VK_F1" }, { 113, "VK_F2" },
    { 114, "VK_F3" }, { 115, "VK_F4" }, { 116, "VK_F5" }, { 117, "VK_F6" }, { 118, "VK_F7" }, { 119, "VK_F8" },
    { 120, "VK_F9" }, { 121, "VK_F10" }, { 122, "VK_F11" }, { 123, "VK_F12" }, { 124, "VK_F13" }, { 125, "VK_F14" },
    { 126, "VK_F15" }, { 127, "VK_F16" }, { 128, "VK_F17" }, { 129, "VK_F18" }, { 130, "VK_F19" }, { 131, "VK_F20" },
    { 132, "VK_F21" }, { 133, "VK_F22" }, { 134, "VK_F23" }, { 135, "VK_F24" }, { 144, "VK_NUMLOCK" },
    { 145, "VK_SCROLL" }, { 160, "VK_LSHIFT" }, { 161, "VK_RSHIFT" }, { 163, "VK_RCONTROL" }, { 165, "VK_RMENU" },
    { 166, "VK_BROWSER_BACK" }, { 167, "VK_BROWSER_FORWARD" }, { 168, "VK_BROWSER_REFRESH" },
    { 169, "VK_BROWSER_STOP" }, { 170, "VK_BROWSER_SEARCH" }, { 171, "VK_BROWSER_FAVOURITES" },
    { 172, "VK_BROWSER_HOME" }, { 173, "VK_VOLUME_MUTE" }, { 174, "VK_VOLUME_DOWN" }, { 175, "VK_VOLUME_UP" },
    { 176, "VK_MEDIA_NEXT_TRACK" }, { 177, "VK_MEDIA_PREV_TRACK" }, { 178, "VK_MEDIA_STOP" },
    { 179, "VK_MEDIA_PLAY_PAUSE" }, { 180, "VK_LAUNCH_MAIL" }, { 186, "VK_OEM_1" }, { 187, "VK_OEM_PLUS" },
    { 188, "VK_OEM_COMMA" }, { 189, "VK_OEM_MINUS" }, { 190, "VK_OEM_PERIOD" }, { 191, "VK_OEM_2" },
    { 192, "VK_OEM_3" }, { 219, "VK_OEM_4" }, { 220, "VK_OEM_5" }, { 221, "VK_OEM_6" }, { 222, "VK_OEM_7" },
    { 226, "VK_OEM_102" }, { 242, "VK_OEM_COPY" }, { 250, "VK_PLAY" }, { 251, "VK_ZOOM" },
};

static const struct key os_x_keys[] = {
    { 72, "VolumeUp" }, { 73, "VolumeDown" },
};

static const struct key *keys_of(unsigned codeset, size_t *n)
{
    switch (codeset) {
    case VIR_KEYCODE_SET_LINUX: *n = VR_COUNT(linux_keys); return linux_keys;
    case VIR_KEYCODE_SET_WIN32: *n = VR_COUNT(win32_keys); return win32_keys;
    case VIR_KEYCODE_SET_OSX: *n = VR_COUNT(os_x_keys); return os_x_keys;
    default: *n = 0; return NULL;
    }
}

const char *vr_key_name(unsigned codeset, size_t i)
{
    size_t n;
    const struct key *keys = keys_of(codeset, &n);
    return i < n ? keys[i].name : NULL;
}

int vr_key_code(unsigned codeset, const char *name)
{
    size_t n;
    const struct key *keys = keys_of(codeset, &n);
    for (size_t i = 0; i < n; i++) {
        if (vr_streq(keys[i].name, name))
            return keys[i].code;
    }
    return -1;
}
