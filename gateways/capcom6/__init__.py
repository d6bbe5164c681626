"""An Android phone with SMSGate (capcom6/android-sms-gateway): it calls us, and we call it or its server."""
