/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a QEMU may say; the first command after the negotiation has id 2. */
"{\"return\": {\"status\": \"running\", \"running\": true, \"singlestep\": false}, \"id\": 2}\r\n{\"return\": {}, \"id\": 3}\r\n",
"{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}, \"id\": 2}\r\n",
"{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"STOP\"}\r\n"
"{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"RTC_CHANGE\", \"data\": {\"offset\": 0, \"qom-path\": \"/x\"}}\r\n",
"{\"return\": [[[[[[[[]]]]]]]], \"id\": 2}\r\n{\"return\": \"\\u0000\\ud800\\\\\", \"id\": \"libvirt-1\"}\r\n",
"{\"return\": 18446744073709551616, \"id\": 2}\r\n{\"return\": -1e999, \"id\": 3}\r\n",
"{}\r\n[]\r\nnull\r\n7\r\n\"x\"\r\n",
"not json at all",
